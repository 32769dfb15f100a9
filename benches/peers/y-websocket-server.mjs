// y-websocket's own server, on a port of its own.
import http from "node:http"
import { WebSocketServer } from "ws"
import { setupWSConnection } from "@y/websocket-server/utils"

const sockets = new WebSocketServer({ noServer: true })
const server = http.createServer((_request, answer) => answer.end())
sockets.on("connection", setupWSConnection)
server.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, opened => sockets.emit("connection", opened, request))
})
server.listen(Number(process.env.PORT), "127.0.0.1")
