// Entry of a plugin's process: nothing but what serves it is loaded.
import { serve } from "./serve.ts";

await serve();
