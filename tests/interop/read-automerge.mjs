// Opens an Automerge file with the official JavaScript library and prints its content as JSON.
import { readFileSync } from "node:fs";
import { load } from "@automerge/automerge";

const document = load(readFileSync(process.argv[2]));
// Counters, dates and the like have their own `toJSON`; texts are strings already.
process.stdout.write(JSON.stringify(document));
