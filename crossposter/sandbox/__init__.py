"""X, the Graph API and Instagram on the loopback interface: to try crossposter out, and to test against.

Contains no logic of the product; the real client libraries speak to it over real sockets.
"""

from crossposter.sandbox.exchange import RecordedRequest
from crossposter.sandbox.server import Sandbox
from crossposter.sandbox.world import SandboxAccount

__all__ = ["RecordedRequest", "Sandbox", "SandboxAccount"]
