import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.regex.Pattern;

/**
 * A client that polls with Java's own HttpClient, which offers HTTP/2 with its first request.
 *
 *     java PollClient.java URI COUNT
 *
 * Prints "ready", polls until it has COUNT messages, and prints the seq of each as JSON.
 */
class PollClient {
    public static void main(String[] args) throws Exception {
        var client = HttpClient.newHttpClient();
        var seqs = new ArrayList<String>();
        String next = null;
        while (seqs.size() < Integer.parseInt(args[1])) {
            var uri = URI.create(next == null ? args[0] : args[0] + "?after=" + next);
            try {
                var response = client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
                // A proxy between here and the cut.
                if (response.statusCode() == 502) continue;
                if (response.statusCode() != 200) throw new IllegalStateException(response.body());
                if (next == null) System.out.println("ready");
                next = allIn(response.body(), "\"next\":\"([^\"]+)\"").get(0);
                seqs.addAll(allIn(response.body(), "\"seq\":(\\d+)"));
            } catch (IOException cut) {
                // The same cursor again.
            }
        }
        System.out.println(seqs);
        System.exit(0);
    }

    private static ArrayList<String> allIn(String text, String pattern) {
        var found = new ArrayList<String>();
        for (var matcher = Pattern.compile(pattern).matcher(text); matcher.find(); ) found.add(matcher.group(1));
        return found;
    }
}
