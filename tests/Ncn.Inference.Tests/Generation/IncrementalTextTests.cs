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
        Assert.Equal(["", "", "", "😀", "!"], Push(Encoding.UTF8.GetBytes("😀!")));

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

    private static List<string> Push(byte[] bytes)
    {
        var text = new IncrementalText(tokens => Encoding.UTF8.GetString([.. tokens.ToArray().Select(token => (byte)token)]));
        return [.. bytes.Select(value => text.Push(value))];
    }
}
