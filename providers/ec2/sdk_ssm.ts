// What is used of the AWS SDK for public parameters; imported when an image is named by one.
export { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
