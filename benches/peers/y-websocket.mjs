// Yjs with y-websocket: one WebSocket for each document, the server holds all in memory and signs, checks and keeps nothing.
import WebSocket from "ws"
import * as Y from "yjs"
import { WebsocketProvider } from "y-websocket"

export const title = "y-websocket"
export const keeps = false
export const serving = () => ({ script: "y-websocket-server.mjs", environment: {} })

// Each provider listens for the end of the process.
process.setMaxListeners(0)
let documents = 0

export async function client(port) {
  const held = []
  const open = async id => {
    const doc = new Y.Doc()
    const provider = new WebsocketProvider(`ws://127.0.0.1:${port}`, id, doc, {
      WebSocketPolyfill: WebSocket, disableBc: true, resyncInterval: -1,
    })
    held.push(provider)
    if (!provider.synced) await new Promise(done => provider.once("sync", done))
    return shown(id, doc)
  }
  return {
    make: async kind => {
      const made = await open(`document-${documents++}`)
      if (kind === "items") made.begin()
      return made
    },
    find: open,
    async reconnect() {
      for (const provider of held) provider.ws.close()
      await new Promise(done => setTimeout(done, 20))
      while (!held.every(provider => provider.wsconnected && provider.synced)) await new Promise(done => setTimeout(done, 5))
    },
    leave: () => held.forEach(provider => provider.destroy()),
  }
}

function shown(id, doc) {
  const edits = doc.getMap("edits"), text = doc.getText("text"), whole = doc.getMap("whole")
  return {
    id,
    put: (key, value) => edits.set(key, value),
    onKeys: hear => edits.observe(event => hear([...event.keysChanged])),
    begin: () => doc.transact(() => {
      whole.set("title", "Document")
      whole.set("body", "lorem ipsum ".repeat(20))
      whole.set("items", new Y.Map())
    }),
    fill(number) {
      for (let item = 0; item < 19; item++) {
        doc.transact(() => {
          const made = new Y.Map()
          made.set("name", `thing ${item} ${(number * 13 + item) % 1009}`)
          made.set("done", item % 3 === 0)
          made.set("n", (number * 17 + item) % 10000)
          whole.get("items").set(`item${item}`, made)
        })
      }
    },
    items: () => whole.get("items")?.size ?? 0,
    type: word => text.insert(0, word),
    onInsert: hear => text.observe(event => {
      for (const part of event.changes.delta) if (typeof part.insert === "string") hear(part.insert)
    }),
    length: () => text.length,
  }
}
