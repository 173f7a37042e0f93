package io.portcullis.vnic;

import com.typesafe.config.ConfigFactory;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.vnic.testkit.FakePlacementDirectory;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.SortedSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Tests of one {@link TenantPolicy} whose journal is in memory: it writes every event and snapshot through its serializer, and refuses what does not come back equal. */
abstract class TenantActorTest {
    /** Of each class that runs, whose tests have one thread. */
    private static final ThreadLocal<ActorTestKit> TEST_KIT = new ThreadLocal<>();

    final ActorTestKit testKit = TEST_KIT.get();

    /** The VLANs that the registry was asked for, in order. */
    final List<SortedSet<Integer>> reserved = new CopyOnWriteArrayList<>();

    final FakePlacementDirectory directory = new FakePlacementDirectory();
    EventSourcedBehaviorTestKit<TenantCommand, TenantEvent, TenantState> tenant;

    @BeforeAll
    static void startActorSystem() {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
        TEST_KIT.set(ActorTestKit.create(
                EventSourcedBehaviorTestKit.config().withFallback(ConfigFactory.load("application-test"))));
    }

    @AfterAll
    static void stopActorSystem() {
        TEST_KIT.get().shutdownTestKit();
        TEST_KIT.remove();
    }

    /** A tenant that does not exist yet, under a provider without policies. */
    final void start(TenantId id, Clock clock) {
        start(id, clock, FakeProvider.find(testKit), testKit.spawn(FakeRegistry.create(reserved)));
    }

    final void start(
            TenantId id,
            Clock clock,
            Function<TenantId, RecipientRef<TenantCommand>> tenants,
            RecipientRef<RegistryCommand> registry) {
        tenant = EventSourcedBehaviorTestKit.create(
                testKit.system(),
                TenantPolicy.create(id, tenants, registry, directory, new PolicyCompiler(), clock),
                // those that it sends itself have no serial form; MessageSerializationTest knows the others
                EventSourcedBehaviorTestKit.enabledSerializationSettings().withVerifyCommands(false));
        tenant.clear();
    }

    @SuppressWarnings("unchecked")
    final <R extends TenantReply> R ask(Function<ActorRef<TenantReply>, TenantCommand> command) {
        TestProbe<TenantReply> me = testKit.createTestProbe();
        tenant.runCommand(command.apply(me.ref()));
        return (R) me.receiveMessage();
    }

    static List<TenantEdit> changes(ModelEdit... edits) {
        return Stream.of(edits).<TenantEdit>map(TenantEdit.Change::new).toList();
    }
}
