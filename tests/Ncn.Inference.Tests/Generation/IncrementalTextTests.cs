using System.Text;
using Ncn.Inference.Generation;

namespace Ncn.Inference.Tests.Generation;

public sealed class IncrementalTextTests
{
    [Theory]
    [InlineData("plain")]
    [InlineData("héllo €uro 😀 mixed 漢字 👩‍👩‍👧 end")]
    public void Pieces_are_whole_characters_and_add_up(string text)
    {
        var pieces = Push(Encoding.UTF8.GetBytes(text));
        Assert.Equal(text, string.Concat(pieces));
        Assert.All(pieces, piece => Assert.DoesNotContain('\uFFFD', piece));
        Assert.All(pieces, piece => Assert.False(piece.Length > 0 && char.IsHighSurrogate(piece[^1])));
    }

    [Fact]
    public void A_character_of_four_tokens_comes_out_with_the_fourth() =>
        Assert.Equal(["", "", "", "😀", "!", ""], Push(Encoding.UTF8.GetBytes("😀!")));

    [Fact]
    public void Bytes_that_form_no_character_do_not_hold_back_the_rest() =>
        Assert.Equal("\uFFFD\uFFFD\uFFFD\uFFFDok", string.Concat(Push([0x80, 0x80, 0x80, 0x80, (byte)'o', (byte)'k'])));

    [Fact]
    public void A_leading_space_that_depends_on_the_token_before_is_kept()
    {
        // As SentencePiece does: the first token of what is decoded loses its leading space.
        string[] words = [" one", " two", " three"];
        var text = new IncrementalText(tokens => string.Concat(tokens.ToArray().Select(token => words[token])).TrimStart(' '));
        Assert.Equal("one two three", text.Push(0) + text.Push(1) + text.Push(2));
    }

    [Fact]
    public void Tokens_without_text_give_none_and_disturb_nothing()
    {
        var text = new IncrementalText(tokens => string.Concat(tokens.ToArray().Where(token => token > 0).Select(token => (char)token)));
        Assert.Equal("ab", text.Push('a') + text.Push(0) + text.Push(0) + text.Push(0) + text.Push(0) + text.Push(0) + text.Push('b'));
    }

    [Fact]
    public void Random_texts_and_bytes_in_random_tokens_come_out_as_they_decode_as_a_whole()
    {
        string[] parts = ["a", "é", "漢", "😀", "👩‍👩‍👧", "e\u0301", "🇩🇪", "\uFFFD", "\n", " ", "\u200D"];
        for (int seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            byte[] bytes = [.. Enumerable.Range(0, random.Next(1, 24)).SelectMany(_ => random.Next(4) switch
            {
                0 => new[] { (byte)random.Next(256) },
                1 => [.. Enumerable.Repeat((byte)random.Next(0x80, 0x100), random.Next(1, 6))],
                _ => Encoding.UTF8.GetBytes(parts[random.Next(parts.Length)]),
            })];
            var tokens = Cut(bytes, random);
            var text = new IncrementalText(window => Encoding.UTF8.GetString([.. window.ToArray().SelectMany(token => tokens[token])]));
            List<string> pieces = [.. tokens.Select((_, token) => text.Push(token))];
            Assert.All(pieces, piece => Assert.False(piece.Length > 0 && char.IsHighSurrogate(piece[^1]), $"seed {seed}"));
            Assert.Equal(Encoding.UTF8.GetString(bytes), string.Concat(pieces) + text.Flush());
        }
    }

    [Fact]
    public void Only_a_short_window_is_decoded_however_long_the_text_or_the_rubbish()
    {
        int longest = 0;
        var text = new IncrementalText(window =>
        {
            longest = Math.Max(longest, window.Length);
            return Encoding.UTF8.GetString([.. window.ToArray().Select(token => (byte)token)]);
        });
        byte[] bytes = [.. Enumerable.Repeat((byte)'a', 500), .. Enumerable.Repeat((byte)0x80, 500), .. Enumerable.Repeat((byte)0xF0, 500)];
        string shown = string.Concat(bytes.Select(value => text.Push(value))) + text.Flush();
        Assert.Equal(Encoding.UTF8.GetString(bytes), shown);
        Assert.InRange(longest, 1, 8);
    }

    /// <summary>Cuts bytes into tokens of no, one or several bytes, as byte-level BPE does: characters are cut anywhere.</summary>
    private static List<byte[]> Cut(byte[] bytes, Random random)
    {
        var tokens = new List<byte[]>();
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(random.Next(0, 5), bytes.Length - at);
            tokens.Add(bytes[at..(at + length)]);
            at += length;
        }

        return tokens;
    }

    private static List<string> Push(byte[] bytes)
    {
        var text = new IncrementalText(tokens => Encoding.UTF8.GetString([.. tokens.ToArray().Select(token => (byte)token)]));
        return [.. bytes.Select(value => text.Push(value)), text.Flush()];
    }
}
