/** First-match classification of a packet by the rule table of its vNIC. */
@org.jspecify.annotations.NullMarked
package io.portcullis.datapath.classify;
