package io.portcullis.admin;

import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.policy.analyze.FindingKind;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** Kinds of findings, as a parameter of a request names them. */
final class FindingKinds {
    private static final String ALL = "all";

    private FindingKinds() {}

    /** Those that the parameter names, divided by commas; {@code otherwise} if there is no such parameter. */
    static Set<FindingKind> of(Exchange exchange, String parameter, Set<FindingKind> otherwise) {
        String text = exchange.query().get(parameter);
        if (text == null) {
            return otherwise;
        }
        Set<FindingKind> kinds = EnumSet.noneOf(FindingKind.class);
        for (String word : text.split(",", -1)) {
            if (word.strip().equals(ALL)) {
                return EnumSet.allOf(FindingKind.class);
            }
            kinds.add(FindingKind.ofWord(word.strip()).orElseThrow(() -> unknown(parameter, word)));
        }
        return kinds;
    }

    private static RefusedException unknown(String parameter, String word) {
        return new RefusedException(
                ProblemKind.INVALID_REQUEST,
                "the parameter " + parameter + " names '" + word + "'",
                "possible are " + ALL + ", "
                        + Arrays.stream(FindingKind.values())
                                .map(FindingKind::word)
                                .collect(Collectors.joining(", ")));
    }
}
