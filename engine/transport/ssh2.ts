// The library that speaks ssh, as much of it as is used: its front loads servers and agents by HTTP as well, and with
// them half of what Node has.
// @ts-types="@types/ssh2"
import type * as ssh2 from "ssh2";
import agent from "ssh2/lib/agent.js";
import client from "ssh2/lib/client.js";
import keyParser from "ssh2/lib/protocol/keyParser.js";

export const Client: typeof ssh2.Client = client;
export type Client = ssh2.Client;
export const BaseAgent: typeof ssh2.BaseAgent = agent.BaseAgent;
export const parseKey: typeof ssh2.utils.parseKey = keyParser.parseKey;
