// Configurations by hand, for the comparison with OpenSSH.
import type { Case } from "./corpus_case.ts";
import { sectionCases } from "./corpus_sections.ts";
import { valueCases } from "./corpus_values.ts";

/** All of them. */
export const corpus: readonly Case[] = [...sectionCases, ...valueCases];
