package io.portcullis.datapath.runtime;

import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.track.TableSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The rest of a table that comes through the tunnel to the destination of a cut-over, and what that does with it if it may enforce by itself: it takes
 * the table in as soon as the source has sealed, and enforces with its {@link ArmedGroup}. Owned by one loop.
 */
final class ArmedTable {
    private final Loop loop;
    private final Vnic vnic;
    private final CutoverDestination destination;
    private final List<byte[]> chunks = new ArrayList<>();
    private long bytes;
    private TunnelMessage.@Nullable Sealed sealed;
    private @Nullable ArmedGroup group;
    private @Nullable CompletableFuture<SelfActivation> activation;
    private boolean isImporting;
    private boolean isTaken;

    ArmedTable(Loop loop, Vnic vnic, CutoverDestination destination) {
        this.loop = loop;
        this.vnic = vnic;
        this.destination = destination;
    }

    /** A chunk that came through the tunnel. */
    void take(byte[] chunk) {
        bytes += chunk.length;
        if (bytes <= CutoverSource.MAX_TUNNELLED_STATE_BYTES) {
            chunks.add(chunk);
        }
    }

    /** From now on the vNIC enforces by itself, with the group, as soon as it can. */
    CompletableFuture<SelfActivation> arm(ArmedGroup newGroup) {
        if (activation != null) {
            return CompletableFuture.failedFuture(
                    new DataPathException(Reason.WRONG_MODE, vnic.id() + " is armed already"));
        }
        group = newGroup;
        activation = new CompletableFuture<>();
        return activation;
    }

    void disarm(String why) {
        ArmedGroup left = group;
        CompletableFuture<SelfActivation> result = activation;
        group = null;
        activation = null;
        if (left != null) {
            left.leave(this);
        }
        if (result != null) {
            result.completeExceptionally(new DataPathException(Reason.WRONG_MODE, vnic.id() + ": " + why));
        }
    }

    /** Whether this very table is in force here already. */
    boolean hasTaken(TableSnapshot rest) {
        TunnelMessage.SealedState sent = sealed == null ? null : sealed.state();
        return isTaken && sent != null && sent.entries() == rest.entries() && sent.digest() == rest.digest();
    }

    /** The source decides nothing any more, and all that it sent before it said so is here. */
    void proceed(TunnelMessage.Sealed marker) {
        if (group == null || isImporting || isTaken) {
            return;
        }
        sealed = marker;
        TunnelMessage.SealedState sent = marker.state();
        if (sent == null || vnic.engine.revision() < sent.policyRevision()) {
            disarm(sent == null ? "the rest of the table is too large" : "rules of the source's revision are missing");
            return;
        }
        isImporting = true;
        var _ = importTable(sent).whenComplete((done, failure) -> {
            isImporting = false;
            isTaken = failure == null;
            vnic.endImport();
            if (failure != null) {
                disarm("the table was refused: "
                        + DataPathException.causeOf(failure).getMessage());
            } else if (group != null) {
                group.ready(this);
            }
        });
    }

    private CompletableFuture<@Nullable Void> importTable(TunnelMessage.SealedState sent) {
        IncomingTable incoming = vnic.incoming;
        if (!sent.isRest() || incoming == null) {
            vnic.endImport();
            incoming = new IncomingTable(loop, vnic);
            vnic.incoming = incoming;
        }
        try {
            return incoming.finish(incoming.chunks(), new TableSnapshot(chunks, sent.entries(), sent.digest()));
        } catch (DataPathException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    /** Called by the group, for all of it in one turn. */
    void activate() {
        CompletableFuture<SelfActivation> result = activation;
        TunnelMessage.Sealed marker = sealed;
        TunnelMessage.SealedState sent = marker == null ? null : marker.state();
        group = null;
        activation = null;
        if (result != null && marker != null && sent != null) {
            ActivationReport report = destination.enforce();
            result.complete(new SelfActivation(
                    sent.entries(),
                    sent.digest(),
                    bytes,
                    sent.policyRevision(),
                    marker.forwardedFrames(),
                    sent.freezeNanos(),
                    report));
        }
    }
}
