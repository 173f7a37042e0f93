package io.portcullis.vnic;

import io.portcullis.policy.TenantId;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A provider that has no policies. */
final class FakeProvider {
    private FakeProvider() {}

    /** Finds it, whichever tenant is looked for. */
    static Function<TenantId, RecipientRef<TenantCommand>> find(ActorTestKit testKit) {
        ActorRef<TenantCommand> provider = testKit.spawn(Behaviors.receiveMessage(message -> {
            if (message instanceof TenantCommand.AskProvider ask) {
                ask.replyTo().tell(new TenantReply.ProviderUnchanged(0));
            }
            return Behaviors.same();
        }));
        return _ -> provider;
    }
}
