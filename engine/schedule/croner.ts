// Computes when a time of cron is due next, in any time zone.
export { Cron } from "croner";
