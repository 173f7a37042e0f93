package io.portcullis.vnic;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.rulelog.RuleLogEvent;
import io.portcullis.datapath.rulelog.RuleLogEvent.Cause;
import io.portcullis.datapath.rulelog.RuleLogRing;
import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.TableRule;
import java.lang.reflect.Proxy;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RuleLogWriterTest {
    private final ActorTestKit kit = ActorTestKit.create();
    private final RuleLogRing ring = new RuleLogRing();

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void shouldWriteEachEventOnce() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            assertThat(ring.offer(
                            VnicId.parse("acme/web-1/eth0"),
                            Cause.FIRST_PACKET,
                            rule(),
                            4,
                            new PacketView(),
                            Direction.IN,
                            Action.DROP,
                            i))
                    .isTrue();
        }
        BlockingQueue<RuleLogEvent> written = new LinkedBlockingQueue<>();
        kit.spawn(RuleLogWriter.create(dataPath(), written::add));
        for (int i = 0; i < 3; i++) {
            RuleLogEvent event = written.poll(60, TimeUnit.SECONDS);
            assertThat(event).isNotNull();
            assertThat(event.atNanos()).isEqualTo(i);
            assertThat(event.toString())
                    .startsWith("vnic=acme/web-1/eth0 cause=FIRST_PACKET action=DROP rule=web/none");
        }
        assertThat(written).isEmpty();
    }

    private static TableRule rule() {
        return TableRule.of(1, "web/none", Action.DROP).log(true, "").build();
    }

    /** A data path that has nothing but this ring. */
    @SuppressWarnings("unchecked")
    private DataPath dataPath() {
        return (DataPath) Proxy.newProxyInstance(
                DataPath.class.getClassLoader(), new Class<?>[] {DataPath.class}, (_, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("drainRuleLog");
                    return ring.drain((Consumer<RuleLogEvent>) arguments[0], (int) arguments[1]);
                });
    }
}
