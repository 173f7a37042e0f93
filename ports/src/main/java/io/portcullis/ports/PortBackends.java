package io.portcullis.ports;

import io.portcullis.datapath.port.PortBackend;
import io.portcullis.datapath.port.PortException;
import io.portcullis.ports.kernel.KernelBackend;
import io.portcullis.ports.memory.MemoryBackend;

/** Chooses a backend. */
public final class PortBackends {
    private PortBackends() {}

    /**
     * The backend that a host's uplink belongs to; its VM ports must be of the same kind.
     *
     * @param specification {@code tap:NAMESPACE/DEVICE}, {@code tap:/DEVICE} or {@code memory:HOST:PORT/NAME}
     */
    public static PortBackend forUplink(String specification) throws PortException {
        int colon = specification.indexOf(':');
        return switch (colon < 0 ? specification : specification.substring(0, colon)) {
            case "tap" -> new KernelBackend();
            case "memory" -> MemoryBackend.ofUplink(specification);
            default ->
                throw new PortException(
                        "'" + specification + "' is no uplink; write tap:NAMESPACE/DEVICE or memory:HOST:PORT/NAME");
        };
    }
}
