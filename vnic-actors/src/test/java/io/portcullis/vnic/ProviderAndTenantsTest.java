package io.portcullis.vnic;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.vnic.testkit.FakePlacementDirectory;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The provider and more tenants than it tells at once, all of them real. */
class ProviderAndTenantsTest {
    private static final int TENANTS = 3 * ProviderDesk.MAX_UNDER_WAY;

    private final Map<TenantId, ActorRef<TenantCommand>> actors = new ConcurrentHashMap<>();
    private final FakePlacementDirectory directory = new FakePlacementDirectory();
    private final PolicyCompiler compiler = new PolicyCompiler();
    private final List<TenantId> tenants = IntStream.range(0, TENANTS)
            .mapToObj(number -> new TenantId("t" + number))
            .toList();
    private ActorTestKit testKit;
    private ActorRef<RegistryCommand> registry;

    @BeforeEach
    void createTenants() {
        testKit = ActorTestKit.create(
                EventSourcedBehaviorTestKit.config().withFallback(ConfigFactory.load("application-test")));
        registry = testKit.spawn(registry());
        spawn(TenantId.PROVIDER);
        tenants.forEach(this::spawn);
        for (TenantId tenant : tenants) {
            TenantReply made =
                    ask(tenant, me -> new TenantCommand.PutTenant(Action.DROP, false, TimeoutPreset.LINUX, "ann", me));
            assertThat(made).isEqualTo(new TenantReply.Applied(1, true));
        }
    }

    @AfterEach
    void stop() {
        testKit.shutdownTestKit();
    }

    private Behavior<RegistryCommand> registry() {
        TreeSet<String> names = new TreeSet<>();
        return Behaviors.receiveMessage(message -> {
            if (message instanceof RegistryCommand.AddTenant add) {
                names.add(add.tenant().value());
                add.replyTo().tell(new RegistryCommand.Registered());
            } else if (message instanceof RegistryCommand.ListTenants list) {
                list.replyTo().tell(new RegistryCommand.Tenants(names));
            }
            return Behaviors.same();
        });
    }

    private void spawn(TenantId tenant) {
        actors.put(
                tenant,
                testKit.spawn(
                        TenantPolicy.create(tenant, actors::get, registry, directory, compiler, Clock.systemUTC())));
    }

    private TenantReply ask(TenantId tenant, Function<ActorRef<TenantReply>, TenantCommand> command) {
        TestProbe<TenantReply> me = testKit.createTestProbe();
        actors.get(tenant).tell(command.apply(me.ref()));
        return me.receiveMessage(Duration.ofSeconds(60));
    }

    private void applyAndWait(String policy, long revision) {
        ModelEdit put = new ModelEdit.PutPolicy(SecurityPolicy.of(
                policy, Category.EMERGENCY, 1, Rule.drop("all").anyService()));
        TenantReply applied = ask(
                TenantId.PROVIDER, me -> new TenantCommand.Edit(List.of(new TenantEdit.Change(put)), null, "ann", me));
        assertThat(applied).isEqualTo(new TenantReply.Applied(revision, true));

        TenantReply realized = ask(TenantId.PROVIDER, me -> new TenantCommand.GetRealization(revision, 10_000, me));

        assertThat(realized).isInstanceOfSatisfying(TenantReply.Adoptions.class, adoptions -> {
            assertThat(adoptions.all()).isEqualTo(TENANTS);
            assertThat(adoptions.pending()).isZero();
        });
        for (TenantId tenant : tenants) {
            TenantModel model = ((TenantReply.Model) ask(tenant, TenantCommand.GetModel::new)).model();
            assertThat(model.provider().policies()).containsKey("provider/" + policy);
        }
    }

    @Test
    void shouldReachAllOfThemAndAgainAfterARestartOfTheProvider() {
        applyAndWait("guard", 1);

        testKit.stop(actors.get(TenantId.PROVIDER));
        spawn(TenantId.PROVIDER);

        applyAndWait("wall", 2);
    }
}
