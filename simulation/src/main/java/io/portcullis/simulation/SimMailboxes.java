package io.portcullis.simulation;

import com.typesafe.config.Config;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.dispatch.MailboxType;
import org.apache.pekko.dispatch.MessageQueue;
import org.apache.pekko.dispatch.ProducesMessageQueue;
import scala.Option;

/** Gives each actor a {@link SimMailbox}. Made by Pekko. */
public final class SimMailboxes implements MailboxType, ProducesMessageQueue<SimMailbox> {
    private final SimLoop loop;

    /** As Pekko wants it. */
    public SimMailboxes(ActorSystem.Settings settings, Config mailbox) {
        loop = SimLoop.of(settings.config());
    }

    @Override
    public MessageQueue create(Option<ActorRef> owner, Option<ActorSystem> system) {
        return new SimMailbox(
                loop, owner.isDefined() ? SimNetwork.nodeOf(owner.get().path()) : null);
    }
}
