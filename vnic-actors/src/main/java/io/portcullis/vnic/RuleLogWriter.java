package io.portcullis.vnic;

import io.portcullis.datapath.rulelog.RuleLogEvent;
import io.portcullis.datapath.runtime.DataPath;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what rules with {@code log} saw, one line per event, to the logger {@value #LOGGER}. Fetches the events of its host's data path at intervals, a bounded
 * number each time: what it does not fetch in time is dropped there and counted as {@code log.dropped}.
 */
public final class RuleLogWriter {
    /** Name of the logger, so that an operator can send these lines elsewhere. */
    public static final String LOGGER = "io.portcullis.rules";

    static final Duration INTERVAL = Duration.ofMillis(200);
    static final int MAX_EVENTS_PER_ROUND = 4_096;

    private static final Logger RULES = LoggerFactory.getLogger(LOGGER);

    /** What the writer tells itself. */
    public enum Command {
        /** It is time to look. */
        FETCH
    }

    private RuleLogWriter() {}

    public static Behavior<Command> create(DataPath dataPath) {
        return create(dataPath, event -> RULES.info("{}", event));
    }

    static Behavior<Command> create(DataPath dataPath, Consumer<RuleLogEvent> log) {
        return Behaviors.withTimers(timers -> {
            timers.startTimerWithFixedDelay(Command.FETCH, INTERVAL);
            return Behaviors.receiveMessage(command -> switch (command) {
                case FETCH -> {
                    dataPath.drainRuleLog(log, MAX_EVENTS_PER_ROUND);
                    yield Behaviors.same();
                }
            });
        });
    }
}
