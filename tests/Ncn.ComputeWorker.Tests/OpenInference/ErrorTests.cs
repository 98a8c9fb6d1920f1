using System.Net;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Ncn.ComputeWorker.Jobs;
using Ncn.ComputeWorker.OpenInference;
using Ncn.Inference;
using Ncn.OpenInference;

namespace Ncn.ComputeWorker.Tests.OpenInference;

/// <summary>Every error below /v2 has the protocol's shape.</summary>
[Collection(NetworkGroup.Name)]
public sealed class ErrorTests(OperatorFixture node) : IClassFixture<OperatorFixture>
{
    private const string Infer = "/v2/models/mlp/infer";
    private const string Good = """{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";

    [Theory]
    [InlineData("GET", "/v2/nothing", 404)]
    [InlineData("GET", "/v2/models", 404)]
    [InlineData("GET", "/v2/models/mlp/", 404)]
    [InlineData("GET", "/v2/health", 404)]
    [InlineData("DELETE", "/v2/models/mlp/x/y/z", 404)]
    [InlineData("GET", "/v2/models/none", 404)]
    [InlineData("GET", "/v2/models/mlp/versions/9", 404)]
    [InlineData("GET", "/v2/models/none/ready", 404)]
    [InlineData("POST", "/v2/models/none/infer", 404)]
    [InlineData("POST", "/v2/models/mlp/versions/9/infer", 404)]
    [InlineData("POST", "/v2/repository/models/none/load", 404)]
    [InlineData("POST", "/v2/repository/models/none/unload", 404)]
    [InlineData("POST", "/v2/repository/models/..%2F..%2Fetc/load", 404)]
    [InlineData("GET", Infer, 405)]
    [InlineData("PUT", Infer, 405)]
    [InlineData("POST", "/v2", 405)]
    [InlineData("POST", "/v2/health/live", 405)]
    [InlineData("GET", "/v2/repository/models/mlp/load", 405)]
    [InlineData("POST", "/v2/models/broken/infer", 500, """{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""")]
    [InlineData("POST", Infer, 400, "")]
    [InlineData("POST", Infer, 400, "{")]
    [InlineData("POST", Infer, 400, "[]")]
    [InlineData("POST", Infer, 400, """{"inputs":[]}""")]
    [InlineData("POST", Infer, 400, """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""")]
    [InlineData("POST", Infer, 400, """{"inputs":[{"name":"input","shape":[1,5],"datatype":"FP32","data":[1,2,3,4,5]}]}""")]
    [InlineData("POST", Infer, 400, """{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP64","data":[1,2,3,4]}]}""")]
    [InlineData("POST", Infer, 400, """{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}],"outputs":[{"name":"x"}]}""")]
    [InlineData("POST", "/v2/models/words/infer", 400, """{"inputs":[{"name":"text_input","shape":[2],"datatype":"BYTES","data":["a","b"]}]}""")]
    [InlineData("POST", "/v2/models/words/infer", 400, """{"inputs":[{"name":"text_input","shape":[1],"datatype":"BYTES","data":["a"]}],"parameters":{"max_tokens":"many"}}""")]
    [InlineData("POST", "/v2/models/words/infer", 400, """{"inputs":[{"name":"text_input","shape":[1],"datatype":"BYTES","data":["a"]}],"parameters":{"max_tokens":100000}}""")]
    [InlineData("POST", "/v2/models/words/infer", 400, """{"inputs":[{"name":"text_input","shape":[1],"datatype":"BYTES","data":["a"]}],"parameters":{"seed":-1}}""")]
    [InlineData("POST", "/v2/repository/index", 400, "[]")]
    [InlineData("POST", "/v2/repository/index", 400, """{"ready":1}""")]
    [InlineData("POST", "/v2/repository/models/mlp/load", 400, """{"parameters":{"config":"{}"}}""")]
    public async Task A_wrong_call_is_refused(string method, string path, int status, string? body = null)
    {
        RestAnswer answer = await node.Calls.SendAsync(new HttpMethod(method), path, body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"), TestWorker.OperatorToken);
        Assert.Equal((status, answer.Error()), ((int)answer.Status, answer.Error()));
    }

    [Theory]
    [InlineData("GET", "/v2")]
    [InlineData("GET", "/v2/models/mlp")]
    [InlineData("POST", Infer)]
    [InlineData("POST", "/v2/repository/models/mlp/unload")]
    public async Task Without_the_operators_token_nothing_is_answered(string method, string path)
    {
        foreach (string? token in new[] { null, "", "wrong", TestWorker.OperatorToken + "x" })
        {
            RestAnswer answer = await node.Calls.SendAsync(new HttpMethod(method), path, null, token);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
            Assert.Contains("Ncn:Operator:Token", answer.Error(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("text/plain", null)]
    [InlineData("application/x-www-form-urlencoded", null)]
    [InlineData("application/json; charset=utf-16", null)]
    [InlineData("no media type", null)]
    [InlineData("application/json", "gzip")]
    public async Task A_body_of_another_kind_is_refused(string contentType, string? encoding)
    {
        RestAnswer answer = await node.Calls.PostAsync(Infer, Encoding.UTF8.GetBytes(Good), contentType, null, encoding);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.Status);
        Assert.NotEmpty(answer.Error());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_that_is_too_large_is_refused(bool chunked)
    {
        var body = new byte[OperatorFixture.MaxBytes + 1];
        HttpContent content = chunked ? new StreamContent(new UnsizedStream(body)) : new ByteArrayContent(body);
        RestAnswer answer = await node.Calls.SendAsync(HttpMethod.Post, Infer, content, TestWorker.OperatorToken);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
        Assert.NotEmpty(answer.Error());
    }

    [Fact]
    public async Task To_another_machine_the_server_is_not_there()
    {
        var http = new DefaultHttpContext { RequestServices = node.Worker.Services };
        http.Request.Method = "GET";
        http.Request.Path = "/v2/health/live";
        http.Connection.RemoteIpAddress = IPAddress.Parse("203.0.113.7");
        http.Response.Body = new MemoryStream();
        await node.Worker.Services.GetRequiredService<InferenceEndpoints>().HandleAsync(http);
        Assert.Equal(404, http.Response.StatusCode);
        Assert.Equal("error", Assert.Single(JsonDocument.Parse(((MemoryStream)http.Response.Body).ToArray()).RootElement.EnumerateObject()).Name);
    }

    [Fact]
    public async Task A_full_model_says_so()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(node.Party);
        await using TestWorker worker = await TestWorker.StartAsync(
            node.OtherParty, gateway, null,
            ("Ncn:Worker:Models", node.Repository), ("Ncn:Worker:ModelNames", "words"), ("Ncn:Worker:Slots", "1"), ("Ncn:Worker:Runtime:MaxWaiting", "0"));
        var calls = new InferenceCalls(worker);
        using var stop = new CancellationTokenSource();
        Task[] busy = [.. Enumerable.Range(0, 3).Select(_ => KeepAskingAsync(calls, stop.Token))];
        RestAnswer answer;
        do
        {
            answer = await calls.PostAsync("/v2/models/words/infer", Prompt(1));
        }
        while (answer.Status == HttpStatusCode.OK);
        await stop.CancelAsync();
        await Task.WhenAll(busy);
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.Status);
        Assert.NotEmpty(answer.Error());
    }

    [Theory]
    [InlineData(InferenceFault.InvalidRequest, 400, StatusCode.InvalidArgument)]
    [InlineData(InferenceFault.ContextTooLong, 400, StatusCode.InvalidArgument)]
    [InlineData(InferenceFault.UnknownModel, 404, StatusCode.NotFound)]
    [InlineData(InferenceFault.Busy, 429, StatusCode.ResourceExhausted)]
    [InlineData(InferenceFault.Stopping, 503, StatusCode.Unavailable)]
    [InlineData(InferenceFault.ModelFailed, 500, StatusCode.Internal)]
    public void Every_fault_of_a_model_has_its_status(InferenceFault fault, int http, StatusCode grpc)
    {
        InferenceRefusal refusal = InferenceRefusal.From(new InferenceException(fault, "words"))!;
        Assert.Equal((http, grpc, "words"), (refusal.HttpStatus, refusal.GrpcStatus, refusal.Message));
    }

    [Fact]
    public void Other_refusals_have_their_status_and_unexpected_failures_have_none()
    {
        Assert.Equal(400, InferenceRefusal.From(new OpenInferenceException("words"))!.HttpStatus);
        Assert.Equal(503, InferenceRefusal.From(InferenceRefusal.TooLate("m", 1))!.HttpStatus);
        Assert.Equal(503, InferenceRefusal.From(JobRefusedException.From(new InferenceException(InferenceFault.Stopping, "words")))!.HttpStatus);
        Assert.Null(InferenceRefusal.From(new InvalidOperationException("secret")));
    }

    private static string Prompt(int tokens) =>
        $$$"""{"inputs":[{"name":"text_input","shape":[1],"datatype":"BYTES","data":["Hello"]}],"parameters":{"max_tokens":{{{tokens}}}}}""";

    private static async Task KeepAskingAsync(InferenceCalls calls, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await calls.PostAsync("/v2/models/words/infer", Prompt(200));
        }
    }

    /// <summary>A stream whose length is not known, so that it is sent in chunks.</summary>
    private sealed class UnsizedStream(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
