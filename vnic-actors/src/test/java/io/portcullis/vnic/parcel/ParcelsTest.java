package io.portcullis.vnic.parcel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.portcullis.persistence.CborSerializable;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two actor systems with the transport between them that nodes have, and frames as small as they come. */
class ParcelsTest {
    /** As Artery has it without configuration. */
    private static final Config NODE = ConfigFactory.parseString("""
        pekko.actor.provider = cluster
        pekko.remote.artery {
          transport = tcp
          canonical { hostname = "127.0.0.1", port = 0 }
          advanced.maximum-frame-size = 256 KiB
          advanced.maximum-large-frame-size = 256 KiB
          large-message-destinations = ["/system/parcels", "/system/parcels/*"]
        }
        # What cannot be pressed together is the test: all bytes must cross.
        pekko.serialization.jackson.jackson-cbor.compression.algorithm = off
        """);

    private final ActorTestKit here = node();
    private final ActorTestKit there = node();

    /** A message of a protocol that knows parcels. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Note(byte[] bytes, Parcel parcel) implements CborSerializable {}

    private static ActorTestKit node() {
        return ActorTestKit.create("parcels", NODE.withFallback(ConfigFactory.load("application-test")));
    }

    @AfterEach
    void stop() {
        here.shutdownTestKit();
        there.shutdownTestKit();
    }

    private static byte[] random(int bytes) {
        byte[] random = new byte[bytes];
        new Random(7).nextBytes(random);
        return random;
    }

    /** The reference as the other node has it. */
    private static <T> ActorRef<T> across(ActorRef<T> actor, ActorTestKit from, ActorTestKit to) {
        String text = ActorRefResolver.get(from.system()).toSerializationFormat(actor);
        return ActorRefResolver.get(to.system()).resolveActorRef(text);
    }

    private static Object get(CompletionStage<Object> message) throws Exception {
        return message.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    @Test
    void shouldBringMessagesOfManyFramesToAnotherNode() throws Exception {
        Note large = new Note(random(20 << 20), null);
        TestProbe<Note> receiver = there.createTestProbe();

        Parcels.get(here.system())
                .tell(across(receiver.ref(), there, here), large, parcel -> new Note(new byte[0], parcel));

        Note announced = receiver.receiveMessage();
        assertThat(announced.bytes()).isEmpty();
        Note arrived = (Note) get(Parcels.get(there.system()).fetch(announced.parcel()));
        assertThat(arrived.bytes()).isEqualTo(large.bytes());
    }

    @Test
    void shouldBringSmallMessagesToo() throws Exception {
        TestProbe<Note> receiver = there.createTestProbe();

        Parcels.get(here.system())
                .tell(
                        across(receiver.ref(), there, here),
                        new Note(new byte[] {1}, null),
                        parcel -> new Note(new byte[0], parcel));

        Note arrived = (Note)
                get(Parcels.get(there.system()).fetch(receiver.receiveMessage().parcel()));
        assertThat(arrived.bytes()).containsExactly(1);
    }

    @Test
    void shouldHandOverTheMessageItselfOnOneNode() throws Exception {
        Note large = new Note(random(1 << 20), null);
        Parcels parcels = Parcels.get(here.system());
        TestProbe<Note> receiver = here.createTestProbe();

        parcels.tell(receiver.ref(), large, parcel -> new Note(new byte[0], parcel));

        assertThat(receiver.receiveMessage()).isSameAs(large);
        assertThat(get(parcels.fetch(parcels.hold(large)))).isSameAs(large);
    }

    @Test
    void shouldSayThatAParcelIsGoneOnceItWasFetched() throws Exception {
        Parcels parcels = Parcels.get(here.system());
        Parcel parcel = parcels.hold("message");
        get(parcels.fetch(parcel));

        assertThatThrownBy(() -> get(parcels.fetch(parcel)))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(ParcelLostException.class)
                .hasMessageContaining("not held");
    }

    @Test
    void shouldSayThatAMessageCannotBeSerialized() throws Exception {
        Parcel parcel = Parcels.get(here.system()).hold(new Object());
        Parcel across = new Parcel(parcel.id(), across(parcel.desk(), here, there));

        assertThatThrownBy(() -> get(Parcels.get(there.system()).fetch(across)))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(ParcelLostException.class)
                .hasMessageContaining("serialized");
    }
}
