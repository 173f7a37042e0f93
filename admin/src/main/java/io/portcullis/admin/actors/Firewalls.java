package io.portcullis.admin.actors;

import io.portcullis.admin.FirewallAnswer;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.VnicStatusView;
import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.FirewallCommand;
import io.portcullis.vnic.FirewallReply;
import io.portcullis.vnic.Refused;
import io.portcullis.vnic.VnicActors;
import io.portcullis.vnic.parcel.Parcel;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.japi.function.Function;

/** What the firewalls of vNICs say on their hosts. Thread-safe. */
final class Firewalls {
    private final VnicActors actors;
    private final Asking asking;

    Firewalls(VnicActors actors, Asking asking) {
        this.actors = actors;
        this.asking = asking;
    }

    CompletionStage<Optional<VnicStatusView>> status(HostId host, VnicId vnic) {
        return ask(host, vnic, FirewallCommand.GetStatus::new).thenApply(reply -> switch (reply) {
            case FirewallReply.Status(HostId at, var state, VnicStatus status) ->
                Optional.of(new VnicStatusView(
                        at.value(),
                        status.epoch(),
                        state.name(),
                        status.rulesHash(),
                        status.policyRevision(),
                        status.connections(),
                        new TreeMap<>(status.counters())));
            default -> Optional.empty();
        });
    }

    CompletionStage<List<ConnectionInfo>> connections(HostId host, VnicId vnic, int limit) {
        return ask(host, vnic, replyTo -> new FirewallCommand.ListConnections(limit, replyTo))
                .thenApply(reply -> switch (reply) {
                    case FirewallReply.Connections connections -> connections.connections();
                    case FirewallReply.Moved moved ->
                        throw new RefusedException(
                                ProblemKind.MOVING, vnic + " has just moved to " + moved.host(), "ask again");
                    case Refused refused -> throw Asking.refused(refused.code(), refused.message());
                    default -> throw Asking.unexpected(reply);
                });
    }

    /** Never fails. */
    CompletionStage<FirewallAnswer> trace(HostId host, VnicId vnic, FlowQuery query) {
        return ask(host, vnic, replyTo -> new FirewallCommand.TraceFlow(query, replyTo))
                .handle((reply, failure) -> reply == null ? silent(host, failure) : answer(host, reply));
    }

    private static FirewallAnswer answer(HostId host, FirewallReply reply) {
        return switch (reply) {
            case FirewallReply.FlowTraced(HostId at, var state, var report) ->
                new FirewallAnswer.Says(at, state.name(), report);
            case FirewallReply.Moved moved -> new FirewallAnswer.Moved(host, moved.host());
            case Refused refused -> new FirewallAnswer.Silent(host, refused.message());
            default -> throw Asking.unexpected(reply);
        };
    }

    private static FirewallAnswer silent(HostId host, Throwable failure) {
        return new FirewallAnswer.Silent(
                host,
                failure instanceof RefusedException refused
                        ? String.valueOf(refused.getMessage())
                        : "host " + host + " did not answer in time");
    }

    private CompletionStage<FirewallReply> ask(
            HostId host, VnicId vnic, Function<ActorRef<FirewallReply>, FirewallCommand> command) {
        Optional<RecipientRef<FirewallCommand>> firewall = actors.firewall(host, vnic);
        return firewall.isEmpty()
                ? CompletableFuture.failedFuture(Hosts.unavailable(host))
                : asking.ask(firewall.get(), command)
                        .thenCompose(reply -> reply instanceof FirewallReply.InPieces(Parcel answer)
                                ? asking.arrived(answer, FirewallReply.class)
                                : CompletableFuture.completedFuture(reply));
    }
}
