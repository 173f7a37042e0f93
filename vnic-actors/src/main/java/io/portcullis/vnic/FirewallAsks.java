package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.persistence.Checkpoint;
import io.portcullis.policy.VnicId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Scheduler;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Commands of a host's agent to its firewalls. Stages never fail: no answer in time is a {@link Refused} with TIMEOUT. */
final class FirewallAsks {
    private static final Logger LOG = LoggerFactory.getLogger(FirewallAsks.class);

    private final ActorContext<HostCommand> agent;
    private final HostAgentEnvironment environment;
    private final Scheduler scheduler;

    FirewallAsks(ActorContext<HostCommand> agent, HostAgentEnvironment environment) {
        this.agent = agent;
        this.environment = environment;
        this.scheduler = agent.getSystem().scheduler();
    }

    /** Lets the agent hear of the answer. On the agent's thread only. */
    <T> void pipe(CompletionStage<T> answer, Function<T, HostCommand> message) {
        agent.pipeToSelf(answer, (value, failure) -> {
            if (failure != null) {
                throw new IllegalStateException("a question to a firewall cannot fail", failure);
            }
            return message.apply(value);
        });
    }

    CompletionStage<FirewallReply> ask(VnicId vnic, Function<ActorRef<FirewallReply>, FirewallCommand> command) {
        return ask(vnic, environment.timing().firewallTimeout(), command);
    }

    CompletionStage<FirewallReply> ask(
            VnicId vnic, Duration deadline, Function<ActorRef<FirewallReply>, FirewallCommand> command) {
        return AskPattern.<FirewallCommand, FirewallReply>ask(
                        environment.firewalls().apply(vnic), command::apply, deadline, scheduler)
                .exceptionally(
                        late -> new Refused(RefusalCode.TIMEOUT, vnic + " did not answer: " + late.getMessage()));
    }

    /** The same command to all vNICs of a VM; answers in their order. */
    CompletionStage<List<FirewallReply>> askAll(
            VmSpec spec, Function<VnicSpec, CompletionStage<FirewallReply>> command) {
        List<CompletableFuture<FirewallReply>> replies = spec.vnics().stream()
                .map(vnic -> command.apply(vnic).toCompletableFuture())
                .toList();
        return CompletableFuture.allOf(replies.toArray(CompletableFuture[]::new))
                .thenApply(_ -> {
                    List<FirewallReply> answers = new ArrayList<>();
                    replies.forEach(reply -> answers.add(reply.join()));
                    return answers;
                });
    }

    /** Attaches a vNIC; a fresh one gets what its checkpoint has, before anything can reach it. */
    CompletionStage<FirewallReply> attach(VnicSpec spec, long epoch, @Nullable Checkpoint checkpoint) {
        VnicId vnic = spec.vnic();
        CompletionStage<FirewallReply> attached = ask(vnic, me -> new FirewallCommand.Attach(spec, epoch, false, me));
        if (checkpoint == null) {
            return attached;
        }
        return attached.thenCompose(reply -> isFresh(reply) ? restore(vnic, epoch, checkpoint) : attached);
    }

    private static boolean isFresh(FirewallReply reply) {
        return reply instanceof FirewallReply.Status status
                && status.status().mode() == VnicMode.PASSIVE
                && status.status().connections() == 0
                && status.status().policyRevision() == 0;
    }

    private CompletionStage<FirewallReply> restore(VnicId vnic, long epoch, Checkpoint checkpoint) {
        return ask(vnic, me -> new FirewallCommand.RestoreTable(epoch, checkpoint.table(), me))
                .thenCompose(imported -> {
                    if (imported instanceof Refused refused) {
                        LOG.warn("the connections of {} are not restored: {}", vnic, refused.message());
                    }
                    return ask(
                            vnic,
                            me -> new FirewallCommand.InstallRules(
                                    checkpoint.policyRevision(), checkpoint.rules(), me));
                });
    }
}
