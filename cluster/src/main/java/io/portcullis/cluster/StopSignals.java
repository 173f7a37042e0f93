package io.portcullis.cluster;

import com.typesafe.config.Config;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SIGTERM and SIGINT of a node that is to leave at a stop. They go to its {@link Departure}; while there is none, as before it is up, they stop the process.
 * A node that is to resume in place leaves both to the JVM, whose shutdown hook checkpoints.
 *
 * <p>By reflection, as the compiler warns of {@code sun.misc.Signal} in a way that cannot be suppressed. Where there is no such class, signals stop the
 * process as usual, and the log says so.
 */
final class StopSignals {
    static final String KEY = "portcullis.cluster.at-stop";

    private static final Logger LOG = LoggerFactory.getLogger(StopSignals.class);
    private static final List<String> NAMES = List.of("TERM", "INT");

    private static final AtomicReference<@Nullable ActorRef<Departure.Command>> DEPARTURE = new AtomicReference<>();

    private StopSignals() {}

    /**
     * Whether signals are to empty the host.
     *
     * @throws NodeStartException if the setting is no word that it knows
     */
    static boolean leaves(Config config) throws NodeStartException {
        String mode = config.getString(KEY);
        return switch (mode) {
            case "resume" -> false;
            case "leave" -> true;
            default -> throw new NodeStartException(KEY + " is '" + mode + "'; set it to resume or leave");
        };
    }

    /** From now on signals go to the departure of the process, if it has one. */
    // A proxy equals itself only.
    @SuppressWarnings("ReferenceEquality")
    static void install() {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object mine = Proxy.newProxyInstance(
                    handler.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            onSignal();
                        }
                        return switch (method.getName()) {
                            case "hashCode" -> System.identityHashCode(proxy);
                            case "equals" -> proxy == arguments[0];
                            case "toString" -> "stop signals";
                            default -> null;
                        };
                    });
            for (String name : NAMES) {
                signal.getMethod("handle", signal, handler)
                        .invoke(null, signal.getConstructor(String.class).newInstance(name), mine);
            }
        } catch (ClassNotFoundException
                | NoSuchMethodException
                | InstantiationException
                | IllegalAccessException
                | InvocationTargetException unavailable) {
            LOG.warn(
                    "signals cannot be handled here ({}): they stop the node without emptying it",
                    unavailable.toString());
        }
    }

    /** Who is told; null for nobody, while there is no actor system. */
    static void tell(@Nullable ActorRef<Departure.Command> departure) {
        DEPARTURE.set(departure);
    }

    private static void onSignal() {
        ActorRef<Departure.Command> departure = DEPARTURE.get();
        if (departure == null) {
            stop();
        } else {
            departure.tell(new Departure.Signalled());
        }
    }

    /** Begins the stop that a signal is otherwise: the JVM's hook checkpoints. Returns at once. */
    static void stop() {
        Thread.ofPlatform().name("stop").start(() -> System.exit(0));
    }
}
