// What the published sync server of automerge-repo does, on a port of its own.
import http from "node:http"
import { Repo } from "@automerge/automerge-repo"
import { WebSocketServerAdapter } from "@automerge/automerge-repo-network-websocket"
import { NodeFSStorageAdapter } from "@automerge/automerge-repo-storage-nodefs"
import { WebSocketServer } from "ws"

const server = http.createServer()
const sockets = new WebSocketServer({ server })
new Repo({
  network: [new WebSocketServerAdapter(sockets)],
  storage: new NodeFSStorageAdapter(process.env.FOLDER),
  sharePolicy: async () => false,
})
server.listen(Number(process.env.PORT), "127.0.0.1")
