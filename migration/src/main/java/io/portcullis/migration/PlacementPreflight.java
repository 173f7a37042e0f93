package io.portcullis.migration;

import io.portcullis.migration.model.Refusal;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.VmSpec;
import java.time.Duration;
import java.util.Objects;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/**
 * What a placement finds out before it accepts an order: whether there is such a host, and whether it would take the VM. Nothing is
 * journaled meanwhile, and other orders are taken. Used by its placement only.
 */
final class PlacementPreflight {
    /** A host that is no member is looked for again after so long. */
    private static final Duration LOOK_INTERVAL = Duration.ofMillis(100);

    /** Orders that wait for a host at the same time; more are refused at once. */
    private static final int MAX_WAITING = 16;

    private static final int CHECK_ATTEMPTS = 3;

    private final ActorContext<PlacementCommand> context;
    private final HostLookup hosts;
    private final MigrationSettings settings;
    private int waiting;
    /** Hosts that were asked and have neither answered nor been given up. */
    private int asking;

    PlacementPreflight(ActorContext<PlacementCommand> context, HostLookup hosts, MigrationSettings settings) {
        this.context = context;
        this.hosts = hosts;
        this.settings = settings;
    }

    /**
     * Membership spreads by gossip: a host that is up may be none yet where its placement is. Says whether the order waits for it;
     * then it comes back as {@link PlacementCommand.HostAwaited}.
     *
     * @param looks how often the host was looked for before
     */
    boolean awaits(HostId host, PlacementCommand.Placing order, int looks) {
        if (hosts.presence(host) != HostLookup.Presence.ABSENT
                || waiting >= MAX_WAITING
                || LOOK_INTERVAL.multipliedBy(looks).compareTo(settings.hostWait()) >= 0) {
            return false;
        }
        waiting++;
        context.scheduleOnce(LOOK_INTERVAL, context.getSelf(), new PlacementCommand.HostAwaited(order, looks + 1));
        return true;
    }

    /** An order came back. */
    void waited() {
        waiting--;
    }

    /** A host has answered, or was silent. */
    void asked() {
        asking--;
    }

    /** Whether no order waits for a host. */
    boolean isIdle() {
        return waiting == 0 && asking == 0;
    }

    /**
     * Asks the destination; it answers as {@link PlacementCommand.TargetChecked}. The first question to a host opens the connection
     * to it and may get lost with it: it is asked more than once, by way of {@link PlacementCommand.TargetSilent}.
     */
    void askTarget(VmSpec spec, HostId to, PlacementCommand.Placing order, int attempt) {
        asking++;
        context.ask(
                AgentCommand.TargetCheck.class,
                hosts.agent(to),
                settings.checkTimeout(),
                replyTo -> new AgentCommand.CheckTarget(spec, replyTo),
                (check, failure) -> {
                    if (failure == null) {
                        return new PlacementCommand.TargetChecked(
                                order, Objects.requireNonNull(check).refusal());
                    }
                    return attempt < CHECK_ATTEMPTS
                            ? new PlacementCommand.TargetSilent(order, attempt)
                            : new PlacementCommand.TargetChecked(order, silent(to));
                });
    }

    private Refusal silent(HostId host) {
        return new Refusal(
                RefusalCode.HOST_UNAVAILABLE,
                "host " + host + " did not answer, asked " + CHECK_ATTEMPTS + " times for "
                        + settings.checkTimeout().toMillis() + " ms");
    }
}
