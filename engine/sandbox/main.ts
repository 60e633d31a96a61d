// Entry of the child where there is no executable to start: nothing but the sandbox is loaded.
import { serve } from "./child.ts";

await serve();
