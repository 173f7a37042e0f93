package io.portcullis.vnic.testkit;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;

/** Two actor systems with the transport between them that nodes have, and frames as small as they come. */
public final class TwoNodes implements AutoCloseable {
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

    public final ActorTestKit here = node();
    public final ActorTestKit there = node();

    private static ActorTestKit node() {
        return ActorTestKit.create("parcels", NODE.withFallback(ConfigFactory.load("application-test")));
    }

    /** An actor of the other node, as this one knows it. */
    public <T> ActorRef<T> asSeenHere(ActorRef<T> actorThere) {
        return across(actorThere, there, here);
    }

    /** An actor of this node, as the other one knows it. */
    public <T> ActorRef<T> asSeenThere(ActorRef<T> actorHere) {
        return across(actorHere, here, there);
    }

    private static <T> ActorRef<T> across(ActorRef<T> actor, ActorTestKit from, ActorTestKit to) {
        String text = ActorRefResolver.get(from.system()).toSerializationFormat(actor);
        return ActorRefResolver.get(to.system()).resolveActorRef(text);
    }

    @Override
    public void close() {
        here.shutdownTestKit();
        there.shutdownTestKit();
    }
}
