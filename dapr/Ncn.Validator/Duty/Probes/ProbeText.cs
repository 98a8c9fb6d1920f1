using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Validator.Duty.Probes;

/// <summary>New words of a given length, out of sentences that people ask. Pure: the same salt gives the same words.</summary>
internal static class ProbeText
{
    private const int Least = 8;

    private static readonly string[] Sentences =
    [
        "What is {0} + {1}?", "How much is {0} times {1}?", "How do I get from {2} to {3}?", "Tell me about {4}.", "What is the difference between {4} and {5}?", "Is {0} larger than {1}?",
        "Write a short note about {4} for a friend in {2}.", "Can you explain {4} in simple words?", "I have {0} apples and give {1} away.", "My train leaves {2} at {0} past nine.",
        "Please list three facts about {5}.", "Why do people like {4} so much?", "We will be {0} people.", "What should I bring to {3} in the winter?", "Give me a name for a shop that sells {5}.",
        "Is it true that {4} was invented in {3}?", "Keep the answer short.", "How long does {5} last?", "Which is better for {0} guests, {4} or {5}?", "I do not know much about {5} yet.",
    ];

    private static readonly string[] Places = ["Lisbon", "Oslo", "Nairobi", "Kyoto", "Lima", "Chicago", "Vienna", "Mumbai", "Sydney", "Leeds", "Accra", "Quebec"];

    private static readonly string[] Things =
        ["tea", "bread", "chess", "the piano", "solar power", "football", "the violin", "rice", "glass", "tulips", "bicycles", "wool", "maps", "honey", "clocks", "salt", "kites", "ferries"];

    /// <param name="length">Characters, as near as whole words come; at least one short sentence.</param>
    internal static string Write(Hash32 salt, byte turn, int length)
    {
        var text = new StringBuilder();
        for (uint number = 0; text.Length < Math.Max(length, Least); number++)
        {
            text.Append(text.Length == 0 ? string.Empty : " ").Append(Sentence(Keccak256.Hash(new CanonicalWriter().Word(salt).Byte(turn).Number(number).Written)));
        }

        return Cut(text.ToString(), Math.Max(length, Least));
    }

    private static string Sentence(byte[] draw) => string.Format(
        CultureInfo.InvariantCulture, Sentences[At(draw, 0) % Sentences.Length], At(draw, 4) % 100, At(draw, 8) % 100, Places[At(draw, 12) % Places.Length], Places[At(draw, 16) % Places.Length],
        Things[At(draw, 20) % Things.Length], Things[At(draw, 24) % Things.Length]);

    private static string Cut(string text, int length) =>
        text.Length <= length ? text : text.LastIndexOf(' ', length) is > 0 and var end ? text[..end] : text[..length];

    private static int At(byte[] draw, int at) => (int)(BinaryPrimitives.ReadUInt32BigEndian(draw.AsSpan(at)) & int.MaxValue);
}
