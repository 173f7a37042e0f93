package io.portcullis.vnic.parcel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.vnic.testkit.TwoNodes;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ParcelsTest {
    private final TwoNodes nodes = new TwoNodes();
    private final ActorTestKit here = nodes.here;
    private final ActorTestKit there = nodes.there;

    /** A message of a protocol that knows parcels. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Note(byte[] bytes, Parcel parcel) implements CborSerializable {}

    @AfterEach
    void stop() {
        nodes.close();
    }

    private static byte[] random(int bytes) {
        byte[] random = new byte[bytes];
        new Random(7).nextBytes(random);
        return random;
    }

    private static Object get(CompletionStage<Object> message) throws Exception {
        return message.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    @Test
    void shouldBringMessagesOfManyFramesToAnotherNode() throws Exception {
        Note large = new Note(random(20 << 20), null);
        TestProbe<Note> receiver = there.createTestProbe();

        Parcels.get(here.system())
                .tell(nodes.asSeenHere(receiver.ref()), large, parcel -> new Note(new byte[0], parcel));

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
                        nodes.asSeenHere(receiver.ref()),
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
        Parcel across = new Parcel(parcel.id(), nodes.asSeenThere(parcel.desk()));

        assertThatThrownBy(() -> get(Parcels.get(there.system()).fetch(across)))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(ParcelLostException.class)
                .hasMessageContaining("serialized");
    }
}
