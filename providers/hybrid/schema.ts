import { map, object, v } from "../../engine/schema.ts";

const name = v.pipe(v.string(), v.nonEmpty("must not be empty"));

/** Options of a hybrid service: services by groups, or services and a function that chooses among them. */
export const optionsSchema = object({
  services: v.union([map(name, name), v.array(name)]),
  by: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z_$][\w$]*$/, "must be the name of a function"))),
});

/** {@linkcode optionsSchema} as a type. */
export type Options = v.InferOutput<typeof optionsSchema>;
