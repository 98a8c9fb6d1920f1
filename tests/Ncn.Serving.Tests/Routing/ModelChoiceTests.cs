using System.Text;
using Google.Protobuf;
using Ncn.Coordination.Dispatch;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Tests.Routing;

/// <summary>What a request's model, models and provider become.</summary>
public sealed class ModelChoiceTests
{
    [Theory]
    [InlineData("""{"model":"a"}""", "a", "")]
    [InlineData("""{"model":"a","models":["b","a","c","b"]}""", "a", "b,c")]
    [InlineData("""{"models":["b","c"]}""", "b", "c")]
    [InlineData("""{"model":"a","models":null,"provider":null}""", "a", "")]
    public void Models_are_tried_in_order(string members, string model, string fallbacks)
    {
        var choice = Chat(members).Choice;
        Assert.Equal((model, fallbacks), (choice.Model, string.Join(',', choice.Fallbacks)));
        Assert.Equal(choice.Fallbacks, ChatEndpoint.OrderOf(Chat(members), default).Fallbacks);
    }

    [Theory]
    [InlineData("""{}""", "model")]
    [InlineData("""{"model":"a","models":"b"}""", "models")]
    [InlineData("""{"model":"a","models":[1]}""", "models")]
    [InlineData("""{"model":"a","models":["1","2","3","4","5","6","7","8","9"]}""", "models")]
    [InlineData("""{"model":"a","provider":{"order":["x"]}}""", "provider.order[0]")]
    public void What_cannot_be_read_is_refused_by_its_name(string members, string field) =>
        Assert.Equal(field, Assert.Throws<ApiException>(() => Chat(members)).Error.Parameter);

    [Fact]
    public void Wishes_reach_the_order() =>
        Assert.Equal(RoutingSort.Price, ChatEndpoint.OrderOf(Chat("""{"model":"a","provider":{"sort":"price"}}"""), default).Preferences.Sort);

    [Fact]
    public void Prompts_that_begin_alike_share_the_hash_of_their_beginning()
    {
        var start = new string('x', 1100);
        var (one, other) = (Prefixes(start + "one"), Prefixes(start + "the other"));
        Assert.Equal(2, one.Length);
        Assert.Equal(one, other);
        Assert.Equal(one[1], Prefixes(start[..300])[0]);
        Assert.NotEqual(one[0], Prefixes("y" + start)[0]);
        Assert.Empty(Prefixes(start[..255]));
        Assert.Empty(RunQueries.Prefixes(new Input { Tensors = ByteString.CopyFrom(new byte[5000]) }));
    }

    private static ulong[] Prefixes(string prompt) => [.. RunQueries.Prefixes(new Input { Generate = new GenerateInput { Prompt = prompt } })];

    private static ChatRequest Chat(string members) => ChatRequest.Parse(
        Encoding.UTF8.GetBytes("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]" + (members == "{}" ? "}" : "," + members[1..])), 16);
}
