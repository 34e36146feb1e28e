"""An SMTP server that says what a test wrote down, and one message for it."""

import socket
import threading
from contextlib import closing, contextmanager, suppress

from engine.smtp import Envelope, SmtpTransport

SENDER, RECIPIENT = "learning@preceptor.example", "sian.obrien@northshire.example"
ENVELOPE = Envelope(sender=SENDER, recipient=RECIPIENT)
MESSAGE = b"Subject: Hello\r\n\r\n.one dot\r\n..two\r\nend\r\n"
HELLO = ["220 sink", "250-sink\r\n250 PIPELINING"]
PLAIN_HELLO = ["220 sink", "250 sink"]
DROP = ""


class Script:
    """A server that gives its answers in order, one for each command, and closes where an answer is empty."""

    def __init__(self, *sessions):
        self.heard = []
        self._sessions = list(sessions)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self._listener.getsockname()[1]}"

    def run(self):
        for answers in self._sessions:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            # Whoever is dropped in the middle of answers resets the connection.
            with closing(connection), connection.makefile("rb") as lines, suppress(ConnectionError):
                self._converse(connection, lines, answers)

    def _converse(self, connection, lines, answers):
        connection.sendall(f"{answers[0]}\r\n".encode())
        in_data = False
        for answer in answers[1:]:
            self.heard.append(self._hear(lines, in_data=in_data))
            if answer == DROP:
                return
            connection.sendall(f"{answer}\r\n".encode())
            in_data = answer.startswith("354")
        lines.readline()

    def _hear(self, lines, *, in_data):
        if not in_data:
            return lines.readline().rstrip(b"\r\n").decode()
        content = b""
        while not content.endswith(b"\r\n.\r\n") and content != b".\r\n":
            content += lines.readline()
        return content

    def stop(self):
        self._listener.close()


@contextmanager
def scripted(*sessions):
    script = Script(*sessions)
    thread = threading.Thread(target=script.run, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        script.stop()
        thread.join(timeout=5)


def transport(script, **changes):
    return SmtpTransport(script.url + changes.pop("query", ""), seconds=0.5, **changes)
