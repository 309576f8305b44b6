// The connection to one run: it reconnects automatically, and says when it cannot.

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 5000;
const NOT_ALLOWED = 4403;
const RUN_GONE = 4404;

export class Socket {
  /** on: {text(document), binary(buffer), state("connecting" | "open" | "lost" | "closed")} */
  constructor(run, token, on) {
    const url = new URL(`live/${run}?token=${token}`, document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    this.url = url;
    this.on = on;
    this.wait = FIRST_WAIT_MS;
    this.connect();
  }

  connect() {
    this.on.state("connecting");
    this.socket = new WebSocket(this.url);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => {
      this.wait = FIRST_WAIT_MS;
      this.on.state("open");
    };
    this.socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.on.text(JSON.parse(data));
      else this.on.binary(data);
    };
    this.socket.onclose = ({ code }) => {
      if (this.isClosed || code === NOT_ALLOWED || code === RUN_GONE) {
        this.on.state("closed");
        return;
      }
      this.on.state("lost");
      // Not all at the same moment, when a server comes back to a whole class.
      this.timer = setTimeout(() => this.connect(), this.wait * (0.75 + Math.random() / 2));
      this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
    };
  }

  send(document) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(document));
  }

  close() {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.socket.close();
  }
}
