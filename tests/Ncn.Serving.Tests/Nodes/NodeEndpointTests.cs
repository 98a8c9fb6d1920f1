using Ncn.Protocol;

namespace Ncn.Serving.Tests.Nodes;

public sealed class NodeEndpointTests
{
    [Theory]
    [InlineData("127.0.0.1:8090", false, true)]
    [InlineData("localhost:8090", false, true)]
    [InlineData("[::1]:8090", false, true)]
    [InlineData("https://[2001:db8::1]:443", true, false)]
    [InlineData("https://node.example:8443", true, false)]
    [InlineData("10.0.0.7:1", false, false)]
    public void Both_forms_are_read_and_written_alike(string text, bool isTls, bool isLoopback)
    {
        Assert.True(NodeEndpoint.TryParse(text, out var endpoint));
        Assert.Equal((isTls, isLoopback, text), (endpoint.IsTls, endpoint.IsLoopback, endpoint.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("nowhere")]
    [InlineData(":1")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:+1")]
    [InlineData("a b:1")]
    [InlineData("http://host:1")]
    [InlineData("https://host:1/path")]
    [InlineData("https://user@host:1")]
    [InlineData("::1:8090")]
    [InlineData("[host]:1")]
    public void Anything_else_is_refused(string? text) => Assert.False(NodeEndpoint.TryParse(text, out _));
}
