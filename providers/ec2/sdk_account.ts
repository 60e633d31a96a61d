// What is used of the AWS SDK to look at an account; imported by the diagnosis alone.
export { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
export { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
