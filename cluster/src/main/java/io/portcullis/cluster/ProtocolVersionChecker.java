package io.portcullis.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.util.List;
import org.apache.pekko.cluster.ConfigValidation;
import org.apache.pekko.cluster.Invalid;
import org.apache.pekko.cluster.JoinConfigCompatChecker;
import org.apache.pekko.cluster.Valid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Refuses a node whose wire protocol does not work with the cluster's ({@link ProtocolVersion}). Named in {@code application.conf}; both the joining node
 * and the cluster's node that it joins through run it, and the latter says in its log what it refused, as its answer does not.
 */
public final class ProtocolVersionChecker extends JoinConfigCompatChecker {
    static final String KEY = "portcullis.protocol-version";

    private static final Logger LOG = LoggerFactory.getLogger(ProtocolVersionChecker.class);

    @Override
    public Seq<String> requiredKeys() {
        return CollectionConverters.asScala(List.of(KEY)).toSeq();
    }

    @Override
    public ConfigValidation check(Config toCheck, Config actualConfig) {
        ProtocolVersion own = ProtocolVersion.parse(actualConfig.getString(KEY));
        String theirs;
        try {
            theirs = toCheck.getString(KEY);
            if (own.worksWith(ProtocolVersion.parse(theirs))) {
                return Valid.getInstance();
            }
        } catch (ConfigException.Missing absent) {
            theirs = "none";
        } catch (IllegalArgumentException malformed) {
            theirs = "another kind";
        }
        String why =
                "a node that speaks version " + theirs + " of the protocol cannot be in a cluster with this one, which"
                        + " speaks " + own + "; only releases whose minor versions follow one another can";
        LOG.warn(why);
        return new Invalid(CollectionConverters.asScala(List.of(why)).toSeq());
    }
}
