package io.portcullis.api;

import java.net.http.HttpRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** VMs that are moved as one thing; part of {@link PortcullisClient}, and as it. */
public final class Operations {
    private final Transport transport;

    Operations(Transport transport) {
        this.transport = transport;
    }

    /** Newest first. */
    public List<OperationView> list() {
        return transport
                .parse(
                        transport.send(
                                transport.request("v1", "operations").GET().build()),
                        Transport.Shape.listOf(Transport.Shape.of(OperationView.class)))
                .items();
    }

    /** With all its moves. */
    public OperationView get(String id) {
        return transport.parse(
                transport.send(transport.request("v1", "operations", id).GET().build()),
                Transport.Shape.of(OperationView.class));
    }

    /** Nothing new begins; what is under way ends. */
    public OperationView pause(String id) {
        return post(OperationView.class, null, "v1", "operations", id, "pause");
    }

    /** Goes on, also with what failed. */
    public OperationView resume(String id) {
        return post(OperationView.class, null, "v1", "operations", id, "resume");
    }

    /** Nothing new begins; a host that was to be emptied takes VMs again. */
    public OperationView cancel(String id) {
        return post(OperationView.class, null, "v1", "operations", id, "cancel");
    }

    /** Other limits, also for what is under way. */
    public OperationView limit(String id, OperationLimits limits) {
        return post(OperationView.class, limits, "v1", "operations", id, "limits");
    }

    /** Empties a host, which takes no VMs until the drain is cancelled. */
    public EvacuationView drain(String host, MoveWishes wishes) {
        return post(EvacuationView.class, wishes, "v1", "hosts", host, "drain");
    }

    /** Drains the host; then its node leaves the cluster. */
    public EvacuationView leave(String host, MoveWishes wishes) {
        return post(EvacuationView.class, wishes, "v1", "hosts", host, "leave");
    }

    /** Empties a host once; then it takes VMs again. */
    public EvacuationView evacuate(String host, MoveWishes wishes) {
        return post(EvacuationView.class, wishes, "v1", "hosts", host, "evacuate");
    }

    public RebalanceView rebalance(MoveWishes wishes) {
        return post(RebalanceView.class, wishes, "v1", "rebalance");
    }

    private <T> T post(Class<T> answer, @Nullable Object body, String... path) {
        HttpRequest.Builder request = transport.request(path);
        if (body == null) {
            request.POST(HttpRequest.BodyPublishers.noBody());
        } else {
            request.header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(Transport.write(body)));
        }
        return transport.parse(transport.send(request.build()), Transport.Shape.of(answer));
    }
}
