package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.HostId;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/** Turns what the data path answers into replies, and lets the {@link VnicFirewall} that asked hear of them first. */
final class FirewallOutcomes {
    private final ActorContext<FirewallCommand> firewall;
    private final HostId host;
    /** How many the firewall has not heard of yet. */
    private int pending;

    FirewallOutcomes(ActorContext<FirewallCommand> firewall, HostId host) {
        this.firewall = firewall;
        this.host = host;
    }

    /** The reply is the status. */
    void pipeStatus(CompletionStage<VnicStatus> stage, FirewallCommand.Request request) {
        pipe(stage.thenApply(status -> done(status, request.replyTo())), request.replyTo());
    }

    /** The reply is made from the answer. */
    <T> void pipe(CompletionStage<T> stage, Function<T, FirewallReply> reply, FirewallCommand.Request request) {
        pipe(
                stage.thenApply(value -> new FirewallCommand.Done(null, reply.apply(value), request.replyTo())),
                request.replyTo());
    }

    /** A failure becomes a refusal. */
    void pipe(CompletionStage<FirewallCommand.Done> stage, ActorRef<FirewallReply> replyTo) {
        pending++;
        firewall.pipeToSelf(stage, (done, failure) -> failure == null ? done : failed(failure, replyTo));
    }

    /** As {@link #pipe}, for a change of which the firewall must hear before it takes the next request. */
    void pipeSettled(CompletionStage<FirewallCommand.Done> stage, boolean leaving, ActorRef<FirewallReply> replyTo) {
        pending++;
        firewall.pipeToSelf(stage, (done, failure) -> {
            FirewallCommand.Done outcome = failure == null ? done : failed(failure, replyTo);
            return new FirewallCommand.Settled(outcome, leaving && outcome.reply() instanceof FirewallReply.Released);
        });
    }

    /** The firewall hears of one. */
    void heard() {
        pending--;
    }

    boolean arePending() {
        return pending > 0;
    }

    FirewallCommand.Done done(VnicStatus status, ActorRef<FirewallReply> replyTo) {
        return new FirewallCommand.Done(
                status, new FirewallReply.Status(host, FirewallState.of(status.mode()), status), replyTo);
    }

    private static FirewallCommand.Done failed(Throwable failure, ActorRef<FirewallReply> replyTo) {
        return new FirewallCommand.Done(null, DataPathFailures.refusal(failure), replyTo);
    }
}
