package io.portcullis.api;

import java.net.http.HttpRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a hypervisor says of a VM that it moves itself; part of {@link PortcullisClient}, and as it. Each call waits at most {@code wait} (10 s) at the node, and
 * may be repeated.
 */
public final class Moves {
    private final Transport transport;

    Moves(Transport transport) {
        this.transport = transport;
    }

    /** It is going to move the VM: ready as soon as that may be stopped. */
    public MoveView prepare(String tenant, String vm, String to, Duration wait) {
        return post(new PrepareMoveRequest(to), tenant, vm, "prepare", wait);
    }

    /** It has stopped the VM, to go on at the destination. */
    public MoveView stopped(String tenant, String vm, Duration wait) {
        return post(null, tenant, vm, "stopped", wait);
    }

    /** The VM runs at that host. */
    public MoveView resumed(String tenant, String vm, String host, Duration wait) {
        return post(new ResumedRequest(host), tenant, vm, "resumed", wait);
    }

    /** The VM runs where it was. */
    public MoveView aborted(String tenant, String vm, Duration wait) {
        return post(null, tenant, vm, "aborted", wait);
    }

    private MoveView post(@Nullable Object body, String tenant, String vm, String word, Duration wait) {
        String path = Transport.path("v1", "tenants", tenant, "vms", vm, "move", word)
                + Transport.query("waitMillis", wait.toMillis());
        HttpRequest.Builder request = transport.requestTo(path);
        if (body == null) {
            request.POST(HttpRequest.BodyPublishers.noBody());
        } else {
            request.POST(HttpRequest.BodyPublishers.ofString(Transport.write(body)))
                    .header("Content-Type", "application/json");
        }
        return transport.parse(transport.send(request.build()), Transport.Shape.of(MoveView.class));
    }
}
