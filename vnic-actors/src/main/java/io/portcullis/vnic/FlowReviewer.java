package io.portcullis.vnic;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Asks firewalls of its host what rule tables that are not in force would do to their live connections. A child of {@link HostAgent}, so that a
 * large table that arrives delays nobody's rules. When nobody has asked for {@link #TABLES_KEPT}, all tables are forgotten.
 */
final class FlowReviewer extends AbstractBehavior<FlowReviewer.Command> {
    /** Deadline of one vNIC; surveys of a host happen one after the other. */
    static final Duration REVIEW_TIMEOUT = Duration.ofSeconds(8);

    private static final Duration TABLES_KEPT = Duration.ofMinutes(1);

    sealed interface Command {}

    record Asked(HostCommand.Review request) implements Command {}

    /** Nobody has asked for long. */
    private record Forget() implements Command {}

    private final HostId host;
    private final FirewallAsks firewalls;
    private final TimerScheduler<Command> timers;
    private final CandidateTables tables = new CandidateTables();

    static Behavior<Command> create(HostId host, FirewallAsks firewalls) {
        Behavior<Command> reviewer = Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new FlowReviewer(context, host, firewalls, timers)));
        return Behaviors.supervise(reviewer).onFailure(SupervisorStrategy.restart());
    }

    private FlowReviewer(
            ActorContext<Command> context, HostId host, FirewallAsks firewalls, TimerScheduler<Command> timers) {
        super(context);
        this.host = host;
        this.firewalls = firewalls;
        this.timers = timers;
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Asked(HostCommand.Review request) -> onAsked(request);
            case Forget _ -> tables.forgetAll();
        }
        return this;
    }

    private void onAsked(HostCommand.Review request) {
        timers.startSingleTimer(new Forget(), TABLES_KEPT);
        switch (request) {
            case HostCommand.OfferTable offer -> onOffer(offer);
            case HostCommand.ReviewFlows review -> onReview(review);
        }
    }

    private void onOffer(HostCommand.OfferTable offer) {
        HostReply reply;
        try {
            tables.take(offer.hash(), offer.piece());
            reply = new HostReply.TableTaken(offer.hash(), offer.piece().number());
        } catch (IllegalArgumentException refused) {
            reply = new Refused(RefusalCode.INVALID, String.valueOf(refused.getMessage()));
        }
        offer.replyTo().tell(reply);
    }

    private void onReview(HostCommand.ReviewFlows review) {
        RuleTable table = tables.find(review.hash());
        if (table == null) {
            review.replyTo().tell(new HostReply.TableWanted(review.hash()));
            return;
        }
        List<CompletableFuture<VnicReview>> answers = review.vnics().stream()
                .map(vnic -> ask(vnic, table, review.maxExamples()))
                .toList();
        var _ = CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenAccept(_ -> review.replyTo()
                        .tell(new HostReply.FlowsReviewed(
                                host,
                                answers.stream().map(CompletableFuture::join).toList())));
    }

    private CompletableFuture<VnicReview> ask(VnicId vnic, RuleTable table, int maxExamples) {
        return firewalls
                .ask(vnic, REVIEW_TIMEOUT, me -> new FirewallCommand.ReviewFlows(table, maxExamples, me))
                .thenApply(reply -> VnicReview.of(vnic, reply))
                .toCompletableFuture();
    }
}
