package io.portcullis.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Props;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.pattern.Patterns;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes speak to the agents of another one by path, and may do so before that node has started them. */
class EarlyMessagesTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration ADVERTISED_EVERY = Duration.ofMillis(100);
    /** Questions: enough for several advertisements of what is shortened. */
    private static final int QUESTIONS = 40;

    @TempDir
    Path folder;

    private final List<ActorSystem> systems = new ArrayList<>();

    @AfterEach
    void stop() {
        systems.forEach(ActorSystem::terminate);
        systems.forEach(system -> await().atMost(LIMIT)
                .until(() -> system.getWhenTerminated().toCompletableFuture().isDone()));
    }

    @Test
    void shouldHearWhoSpokeToItBeforeItWasThere() throws Exception {
        ActorSystem asking = start("host-1");
        ActorSystem asked = start("host-2");
        ActorRef agent = ((ExtendedActorSystem) asking)
                .provider()
                .resolveActorRef(Cluster.get(asked).selfMember().address() + "/user/agent");
        for (int early = 0; early < QUESTIONS; early++) {
            agent.tell("early", ActorRef.noSender());
        }
        // one connection keeps the order: all of the above has come when this is answered
        asked.actorOf(Props.create(Echo.class, Echo::new), "other");
        ActorRef other = ((ExtendedActorSystem) asking)
                .provider()
                .resolveActorRef(Cluster.get(asked).selfMember().address() + "/user/other");
        ask(other);

        asked.actorOf(Props.create(Echo.class, Echo::new), "agent");

        for (int question = 0; question < QUESTIONS; question++) {
            assertThat(ask(agent)).isEqualTo("question");
        }
    }

    /** The answer, after a while in which what is shortened may be advertised. */
    private static Object ask(ActorRef agent) {
        Object answer =
                Patterns.ask(agent, "question", LIMIT).toCompletableFuture().join();
        await().pollDelay(ADVERTISED_EVERY.dividedBy(2)).until(() -> true);
        return answer;
    }

    private ActorSystem start(String host) throws NodeStartException {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("portcullis.host", host);
        settings.put("portcullis.data-dir", folder.toString());
        settings.put("portcullis.cluster.port", "0");
        settings.put("pekko.remote.artery.advanced.compression.actor-refs.advertisement-interval", "100ms");
        settings.put("pekko.coordinated-shutdown.run-by-jvm-shutdown-hook", "off");
        ActorSystem system = ActorSystem.create(
                PortcullisNode.SYSTEM_NAME, NodeConfig.load(null, settings).system());
        systems.add(system);
        return system;
    }

    private static final class Echo extends AbstractActor {
        @Override
        public Receive createReceive() {
            return receiveBuilder()
                    .matchAny(message -> getSender().tell(message, getSelf()))
                    .build();
        }
    }
}
