package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.portcullis.policy.TenantId;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TenantRegistryTest {
    private static final TenantId GLOBEX = new TenantId("globex");

    private static ActorTestKit testKit;

    private EventSourcedBehaviorTestKit<RegistryCommand, TenantRegistry.Event, TenantRegistry.State> registry;

    @BeforeAll
    static void startActorSystem() {
        testKit = ActorTestKit.create(
                EventSourcedBehaviorTestKit.config().withFallback(ConfigFactory.load("application-test")));
    }

    @AfterAll
    static void stopActorSystem() {
        testKit.shutdownTestKit();
    }

    @BeforeEach
    void createRegistry() {
        registry = EventSourcedBehaviorTestKit.create(testKit.system(), TenantRegistry.create());
        registry.clear();
    }

    @Test
    void shouldGiveAVlanToOneTenantOnly() {
        assertThat(reserve(ACME, 20, 21)).isEmpty();

        assertThat(reserve(GLOBEX, 19, 20)).containsExactly(20);
        assertThat(registry.getState().vlans()).containsOnlyKeys(20, 21).doesNotContainValue("globex");
    }

    @Test
    void shouldFreeWhatATenantNoLongerWants() {
        reserve(ACME, 20, 21);
        reserve(ACME, 21);

        assertThat(reserve(GLOBEX, 20)).isEmpty();
        assertThat(registry.getState().vlans()).containsEntry(20, "globex").containsEntry(21, "acme");
    }

    @Test
    void shouldFreeTheVlansOfADeletedTenantAndRememberTheOthers() {
        registry.runCommand((ActorRef<RegistryCommand.Registered> me) -> new RegistryCommand.AddTenant(ACME, me));
        reserve(ACME, 20);
        reserve(GLOBEX, 30);

        registry.runCommand((ActorRef<RegistryCommand.Registered> me) -> new RegistryCommand.RemoveTenant(ACME, me));
        registry.restart();

        assertThat(registry.getState().vlans()).containsOnlyKeys(30);
        assertThat(reserve(GLOBEX, 20, 30)).isEmpty();
    }

    private Set<Integer> reserve(TenantId tenant, Integer... vlans) {
        return registry.runCommand((ActorRef<RegistryCommand.VlanReply> me) ->
                        new RegistryCommand.ReserveVlans(tenant, new TreeSet<>(List.of(vlans)), me))
                .reply()
                .taken();
    }
}
