package io.portcullis.admin.actors;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.HostCommand;
import io.portcullis.vnic.HostReply;
import io.portcullis.vnic.Refused;
import io.portcullis.vnic.TablePiece;
import io.portcullis.vnic.VnicActors;
import io.portcullis.vnic.VnicReview;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.japi.function.Function;

/** What hosts say that rule tables would do to live connections. A table is sent only to a host that does not have it. Thread-safe. */
final class FlowReviews {
    /** A host answers earlier, with those of its vNICs that did. */
    private static final Duration DEADLINE = Duration.ofSeconds(10);

    private final VnicActors actors;
    private final Asking asking;

    FlowReviews(VnicActors actors, Asking asking) {
        this.actors = actors;
        this.asking = asking;
    }

    /** One for each vNIC, in their order; never fails. */
    CompletionStage<List<VnicReview>> review(HostId host, RuleTable table, List<VnicId> vnics, int maxExamples) {
        Optional<ActorRef<HostCommand>> agent = actors.hostAgent(host);
        if (agent.isEmpty()) {
            return CompletableFuture.completedFuture(unanswered(vnics, "host " + host + " is not up"));
        }
        Function<ActorRef<HostReply>, HostCommand> question =
                replyTo -> new HostCommand.ReviewFlows(table.hash(), vnics, maxExamples, replyTo);
        return ask(agent.get(), question)
                .thenCompose(reply -> reply instanceof HostReply.TableWanted
                        ? offer(agent.get(), table).thenCompose(taken -> ask(agent.get(), question))
                        : CompletableFuture.completedFuture(reply))
                .handle((reply, failure) -> switch (reply) {
                    case null -> unanswered(vnics, why(host, failure));
                    case HostReply.FlowsReviewed reviewed -> reviewed.reviews();
                    case Refused refused -> unanswered(vnics, refused.message());
                    case HostReply.TableWanted _ ->
                        unanswered(vnics, "host " + host + " has too many other tables to review");
                    default -> throw Asking.unexpected(reply);
                });
    }

    private static String why(HostId host, Throwable failure) {
        Throwable cause = failure.getCause();
        return cause instanceof TableRefusedException
                ? String.valueOf(cause.getMessage())
                : "host " + host + " did not answer in time";
    }

    private CompletionStage<HostReply> offer(ActorRef<HostCommand> agent, RuleTable table) {
        CompletionStage<HostReply> taken = CompletableFuture.completedFuture(null);
        for (TablePiece piece : TablePiece.of(table)) {
            taken = taken.thenCompose(
                            _ -> ask(agent, replyTo -> new HostCommand.OfferTable(table.hash(), piece, replyTo)))
                    .thenApply(reply -> {
                        if (reply instanceof Refused refused) {
                            throw new TableRefusedException(refused.message());
                        }
                        return reply;
                    });
        }
        return taken;
    }

    /** Expected: a host may be full. */
    private static final class TableRefusedException extends RuntimeException {
        TableRefusedException(String message) {
            super(message);
        }
    }

    private CompletionStage<HostReply> ask(
            ActorRef<HostCommand> agent, Function<ActorRef<HostReply>, HostCommand> command) {
        return asking.ask(agent, command, DEADLINE);
    }

    private static List<VnicReview> unanswered(List<VnicId> vnics, String problem) {
        return vnics.stream().map(vnic -> VnicReview.unanswered(vnic, problem)).toList();
    }
}
