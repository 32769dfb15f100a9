// automerge-repo, with the WebSocket adapters and file storage of its published sync server.
import * as Automerge from "@automerge/automerge"
import { Repo } from "@automerge/automerge-repo"
import { WebSocketClientAdapter } from "@automerge/automerge-repo-network-websocket"

export const title = "automerge-repo"
/** Does the server keep documents over a restart? */
export const keeps = true
export const serving = folder => ({ script: "automerge-repo-server.mjs", environment: { FOLDER: folder } })

export async function client(port) {
  const adapter = new WebSocketClientAdapter(`ws://127.0.0.1:${port}`, 500)
  const repo = new Repo({ network: [adapter], sharePolicy: async () => true })
  // Ready is said before the server has introduced itself; what is asked for until then counts as unavailable.
  while (repo.peers.length === 0) await new Promise(done => setTimeout(done, 2))
  return {
    make: async kind => shown(repo.create(empty(kind))),
    find: async id => shown(await repo.find(id)),
    // Who stays would dial a server that is gone, and those bytes would count.
    leave: () => adapter.disconnect(),
    async reconnect() {
      adapter.socket.close()
      await new Promise(done => setTimeout(done, 20))
      while (adapter.socket?.readyState !== 1) await new Promise(done => setTimeout(done, 5))
    },
  }
}

const empty = kind => ({
  edits: { edits: {} },
  text: { text: "" },
  items: { title: "Document", body: "lorem ipsum ".repeat(20), items: {} },
})[kind]

function shown(handle) {
  return {
    id: handle.url,
    put: (key, value) => handle.change(doc => { doc.edits[key] = value }),
    onKeys: hear => handle.on("change", ({ patches }) => {
      hear(patches.filter(patch => patch.path[0] === "edits" && patch.path.length === 2).map(patch => patch.path[1]))
    }),
    fill(number) {
      for (let item = 0; item < 19; item++) {
        handle.change(doc => {
          doc.items[`item${item}`] =
            { name: `thing ${item} ${(number * 13 + item) % 1009}`, done: item % 3 === 0, n: (number * 17 + item) % 10000 }
        })
      }
    },
    items: () => Object.keys(handle.doc().items).length,
    type: word => handle.change(doc => Automerge.splice(doc, ["text"], 0, 0, word)),
    onInsert: hear => handle.on("change", ({ patches }) => {
      for (const patch of patches) if (patch.action === "splice" && patch.path[0] === "text") hear(patch.value)
    }),
    length: () => handle.doc().text.length,
  }
}
