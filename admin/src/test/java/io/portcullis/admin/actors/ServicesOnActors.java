package io.portcullis.admin.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.typesafe.config.ConfigFactory;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.policy.Action;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.ModelEdit;
import java.time.Duration;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestInstanceFactoryContext;
import org.junit.jupiter.api.extension.TestInstancePreConstructCallback;

/** The API's services on a node with the host host-1, in a cluster of actors that answer as a test tells them to; each test has a tenant acme of its own. */
final class ServicesOnActors implements BeforeAllCallback, AfterAllCallback, TestInstancePreConstructCallback {
    static final Duration PATIENCE = Duration.ofSeconds(60);
    static final TenantId ACME = new TenantId("acme");
    static final VmId WEB = VmId.parse("acme/web-1");
    static final VnicId ETH0 = VnicId.parse("acme/web-1/eth0");
    static final HostId HOST_1 = new HostId("host-1");
    static final HostId HOST_2 = new HostId("host-2");
    static final HostId HOST_9 = new HostId("host-9");

    private @Nullable ActorTestKit kit;
    private @Nullable FakeCluster cluster;
    private @Nullable ActorServices services;
    private @Nullable ActorServices impatient;

    @Override
    public void beforeAll(ExtensionContext context) {
        ActorTestKit started =
                ActorTestKit.create("portcullis", ConfigFactory.parseString("""
                    pekko { loglevel = WARNING, fail-mixed-versions = off, actor.provider = cluster
                      remote.artery.canonical { hostname = 127.0.0.1, port = 0 }
                      cluster.roles = [host, "host-id:host-1"], cluster.jmx.enabled = off
                      actor.testkit.typed.system-shutdown-default = 60s }
                    """).withFallback(ConfigFactory.load()));
        Cluster self = Cluster.get(started.system());
        self.manager().tell(Join.create(self.selfMember().address()));
        kit = started;
    }

    @Override
    public void preConstructTestInstance(TestInstanceFactoryContext factory, ExtensionContext context) {
        ActorTestKit present = Objects.requireNonNull(kit);
        FakeCluster fresh = new FakeCluster(present);
        ActorServices patient = new ActorServices(present.system(), fresh.access(), PATIENCE);
        cluster = fresh;
        services = patient;
        impatient = new ActorServices(present.system(), fresh.access(), Duration.ofMillis(700));
        done(patient.putTenant(ACME, new ModelEdit.SetDefaults(Action.DROP, false), OptionalLong.empty(), "me"));
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Objects.requireNonNull(kit).shutdownTestKit();
    }

    ActorSystem<?> system() {
        return Objects.requireNonNull(kit).system();
    }

    FakeCluster cluster() {
        return Objects.requireNonNull(cluster);
    }

    ActorServices services() {
        return Objects.requireNonNull(services);
    }

    /** Asks of those who do not answer. */
    ActorServices impatient() {
        return Objects.requireNonNull(impatient);
    }

    static <T> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    static RefusedException refused(CompletionStage<?> stage) {
        CompletionException failure = catchThrowableOfType(CompletionException.class, () -> done(stage));
        assertThat(failure).as("nothing was refused").isNotNull();
        return (RefusedException) failure.getCause();
    }
}
