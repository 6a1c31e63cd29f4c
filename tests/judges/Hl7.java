import ca.uhn.hl7v2.DefaultHapiContext;
import ca.uhn.hl7v2.HapiContext;
import ca.uhn.hl7v2.app.Connection;
import ca.uhn.hl7v2.llp.MinLowerLayerProtocol;
import ca.uhn.hl7v2.model.Message;
import ca.uhn.hl7v2.model.Segment;
import ca.uhn.hl7v2.model.Structure;
import ca.uhn.hl7v2.model.v25.message.DFT_P03;
import ca.uhn.hl7v2.parser.GenericModelClassFactory;
import ca.uhn.hl7v2.parser.Parser;
import ca.uhn.hl7v2.util.Terser;
import ca.uhn.hl7v2.validation.impl.ValidationContextFactory;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * HAPI as the judge of our HL7 v2 side. One command a line on standard input, one answer a line on standard output, words
 * apart by tabs; every text is base64 of UTF-8, so that nothing on the way can change it.
 *
 *   send PORT MESSAGE PATH...     over MLLP, by HAPI's initiator: the acknowledgement's values at these Terser paths
 *   typed MESSAGE PATH...         HAPI's reading with its version's message structures
 *   plain MESSAGE PATH...         the same with generic segments, SEGMENT:FIELD:REPETITION:COMPONENT:SUBCOMPONENT
 *   write PATH VALUE...           a DFT^P03 of HAPI's own making with these values, as it encodes it
 *
 * An answer is "ok" and the texts, or "error" and HAPI's words.
 */
public final class Hl7 {
    private static final long PATIENCE_SECONDS = 20;

    private final HapiContext strict = context();
    private final HapiContext generic = context();
    private final Map<Integer, Connection> open = new HashMap<>();

    private Hl7() {
        generic.setModelClassFactory(new GenericModelClassFactory());
        MinLowerLayerProtocol mllp = new MinLowerLayerProtocol(true);
        strict.setLowerLayerProtocol(mllp);
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        Hl7 judge = new Hl7();
        out.println("ready");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(judge.answer(line.split("\t", -1)));
        }
        judge.close();
    }

    private static HapiContext context() {
        HapiContext made = new DefaultHapiContext();
        made.setValidationContext(ValidationContextFactory.noValidation());
        return made;
    }

    private String answer(String[] words) {
        try {
            return "ok" + switch (words[0]) {
                case "send" -> send(words);
                case "typed" -> typed(words);
                case "plain" -> plain(words);
                case "write" -> write(words);
                default -> throw new IllegalArgumentException(words[0]);
            };
        } catch (Exception error) {
            return "error\t" + sealed(error.toString());
        }
    }

    private String send(String[] words) throws Exception {
        int port = Integer.parseInt(words[1]);
        Connection line = open.get(port);
        if (line == null || !line.isOpen()) {
            line = strict.newClient("127.0.0.1", port, false);
            line.getInitiator().setTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS);
            open.put(port, line);
        }
        Message asked = strict.getPipeParser().parse(opened(words[2]));
        Message told = line.getInitiator().sendAndReceive(asked);
        return values(told, words, 3);
    }

    private String typed(String[] words) throws Exception {
        return values(strict.getPipeParser().parse(opened(words[1])), words, 2);
    }

    private static String values(Message message, String[] words, int from) throws Exception {
        Terser terser = new Terser(message);
        StringBuilder made = new StringBuilder();
        for (int index = from; index < words.length; index++) {
            made.append('\t').append(sealed(terser.get(opened(words[index]))));
        }
        return made.toString();
    }

    private String plain(String[] words) throws Exception {
        Parser parser = generic.getPipeParser();
        Message message = parser.parse(opened(words[1]));
        List<Segment> segments = new ArrayList<>();
        for (String name : message.getNames()) {
            for (Structure one : message.getAll(name)) {
                segments.add((Segment) one);
            }
        }
        StringBuilder made = new StringBuilder();
        for (int index = 2; index < words.length; index++) {
            String[] at = opened(words[index]).split(":");
            int[] number = new int[at.length];
            for (int place = 0; place < at.length; place++) {
                number[place] = Integer.parseInt(at[place]);
            }
            Segment segment = segments.get(number[0]);
            made.append('\t').append(sealed(Terser.get(segment, number[1], number[2], number[3], number[4])));
        }
        return made.toString();
    }

    private String write(String[] words) throws Exception {
        DFT_P03 message = new DFT_P03(generic.getModelClassFactory());
        message.setParser(strict.getPipeParser());
        message.initQuickstart("DFT", "P03", "P");
        Terser terser = new Terser(message);
        for (int index = 1; index + 1 < words.length; index += 2) {
            terser.set(opened(words[index]), opened(words[index + 1]));
        }
        return "\t" + sealed(message.encode());
    }

    private void close() throws Exception {
        List<Connection> lines = new ArrayList<>(open.values());
        for (Connection line : lines) {
            line.close();
        }
        strict.close();
        generic.close();
    }

    private static String opened(String word) {
        return new String(Base64.getDecoder().decode(word), StandardCharsets.UTF_8);
    }

    private static String sealed(String text) {
        return Base64.getEncoder().encodeToString((text == null ? "" : text).getBytes(StandardCharsets.UTF_8));
    }
}
