package io.portcullis.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.persistence.testkit.FreePorts;
import io.portcullis.pki.CertificateAuthority;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSelection;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.remote.RemoteActorRefProvider;
import org.apache.pekko.remote.artery.ArteryTransport;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Actor systems with the settings of nodes, two that speak over TLS: what stands in the way of the first one's end, while the second one lives. */
class RemotingEndTest {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    @TempDir
    Path folder;

    private CertificateAuthority authority;
    private int peerPort;
    private final List<ActorSystem<Void>> systems = new ArrayList<>();

    @BeforeEach
    void startPeer() throws Exception {
        authority = CertificateAuthority.init(folder.resolve("ca"), "test", Duration.ofDays(60), Instant.now());
        peerPort = FreePorts.next();
        start("host-2", peerPort, Behaviors.empty());
    }

    @AfterEach
    void stop() {
        systems.forEach(ActorSystem::terminate);
        systems.forEach(system -> await().atMost(LIMIT)
                .until(() -> system.getWhenTerminated().toCompletableFuture().isDone()));
    }

    @Test
    void shouldEndASystemWhoseStreamHasCompletedOverTls() throws Exception {
        ActorSystem<Void> leaves = start("host-1", FreePorts.next(), watched());
        speakWithPeer(leaves);

        controlStreamCompletes(leaves);
        leaves.terminate();

        assertThat(leaves.getWhenTerminated().toCompletableFuture())
                .as("ends while its peer lives")
                .succeedsWithin(LIMIT);
    }

    @Test
    void shouldLeaveASystemBehindThatNeverEnds() throws Exception {
        ActorSystem<Void> leaves = start("host-1", FreePorts.next(), Behaviors.empty());
        speakWithPeer(leaves);

        controlStreamCompletes(leaves);
        CoordinatedShutdown.get(leaves).run(CoordinatedShutdown.clusterLeavingReason());
        CompletableFuture<Void> awaited = CompletableFuture.runAsync(() -> {
            try {
                PortcullisNode.awaitEnd(leaves, Duration.ofSeconds(1));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });

        assertThat(awaited).succeedsWithin(LIMIT);
        assertThat(leaves.getWhenTerminated().toCompletableFuture())
                .as("nobody aborts its connections")
                .isNotDone();
    }

    private static Behavior<Void> watched() {
        return Behaviors.setup(context -> {
            RemotingEnd.start(context.getSystem());
            return Behaviors.empty();
        });
    }

    private ActorSystem<Void> start(String host, int port, Behavior<Void> guardian) throws Exception {
        CertificateAuthority.Request request =
                new CertificateAuthority.Request(host, List.of("127.0.0.1"), Duration.ofDays(30));
        var files = authority.issue(request, false, Instant.now());
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("portcullis.host", host);
        settings.put("portcullis.data-dir", folder.resolve("data").toString());
        settings.put("portcullis.cluster.port", String.valueOf(port));
        settings.put("portcullis.tls.ca", files.authority().toString());
        settings.put("portcullis.tls.cert", files.certificate().toString());
        settings.put("portcullis.tls.key", files.key().toString());
        settings.put("pekko.coordinated-shutdown.run-by-jvm-shutdown-hook", "off");
        settings.put("pekko.coordinated-shutdown.run-by-actor-system-terminate", "off");
        NodeConfig config = NodeConfig.load(null, settings);
        ActorSystem<Void> system = ActorSystem.create(
                guardian, PortcullisNode.SYSTEM_NAME, ArteryTls.setup(config.system(), NodeSecurity.load(config)));
        systems.add(system);
        return system;
    }

    private void speakWithPeer(ActorSystem<Void> system) throws Exception {
        ActorSelection peer = Adapter.toClassic(system)
                .actorSelection("pekko://" + PortcullisNode.SYSTEM_NAME + "@127.0.0.1:" + peerPort + "/user");
        CompletionStage<ActorRef> answer = peer.resolveOne(LIMIT);
        ActorRef found = answer.toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        // A system message: it goes by the control stream.
        system.systemActorOf(
                Behaviors.setup(context -> {
                    context.watch(Adapter.toTyped(found));
                    return Behaviors.empty();
                }),
                "watcher",
                Props.empty());
    }

    /** As when the inbound control stream, which fails together with the outbound ones, is faster: it tells them that they are complete. */
    private static void controlStreamCompletes(ActorSystem<Void> system) throws Exception {
        ExtendedActorSystem classic = (ExtendedActorSystem) Adapter.toClassic(system);
        Object transport = ((RemoteActorRefProvider) classic.provider()).transport();
        Field subject = ArteryTransport.class.getDeclaredField("controlSubject");
        subject.setAccessible(true);
        ((GraphStageLogic) subject.get(transport)).postStop();
    }
}
