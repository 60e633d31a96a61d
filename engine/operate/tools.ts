import type { ActionDefinition } from "../actions/definition.ts";
import type { LocalFiles } from "../actions/contents.ts";
import type { JsonObject } from "../json.ts";
import type { Provider } from "../provider/provider.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { Transport } from "../transport/connection.ts";

/** The parts of the engine that an operation works with; tests put fakes at the outermost ones. */
export interface Tools {
  readonly sandbox: Sandbox;
  readonly provider: Provider;
  readonly transport: Transport;
  /** Values of secrets, asked for once a run. */
  readonly secrets: Secrets;
  /** Files of the project, for actions that name one. */
  readonly files: LocalFiles;
  /** The engine's own actions by kind; a crate's are asked of the sandbox. */
  readonly definitions: ReadonlyMap<string, ActionDefinition<JsonObject>>;
}
