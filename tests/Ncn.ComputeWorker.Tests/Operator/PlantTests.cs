using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.Extensions.Options;
using Ncn.ComputeWorker.Plants;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Tests.Operator;

/// <summary>The one way in which a worker lies: on its operator's order, one question, once.</summary>
[Collection(NetworkGroup.Name)]
public sealed class PlantTests(NetworkFixture network)
{
    private const string Question = "What is 17 + 25?";

    [Fact]
    public void One_question_is_answered_as_another_once_and_no_other_input_is_touched()
    {
        var book = Book(isOn: true);
        Assert.True(book.Take(Order("What is 90 + 3?")));
        byte[] other = Asking("What is 17 + 26?");
        Assert.Same(other, MemoryOf(book.Swap(other)));
        Input swapped = Input.Parser.ParseFrom(book.Swap(Asking(Question)).Span);
        Assert.Equal(["You are brief.", "What is 90 + 3?"], JsonSerializer.Deserialize<JsonElement[]>(swapped.Generate.MessagesJson)!.Select(static message => message.GetProperty("content").GetString()));
        Assert.Equal(24u, swapped.Generate.MaxTokens);
        byte[] again = Asking(Question);
        Assert.Same(again, MemoryOf(book.Swap(again)));
    }

    [Fact]
    public void Without_the_option_no_order_is_taken_and_orders_are_bounded()
    {
        Assert.False(Book(isOn: false).Take(Order("another")));
        var book = Book(isOn: true);
        Assert.False(book.Take(Order(string.Empty)));
        Assert.False(book.Take(Order(new string('a', PlantBook.MostCharacters + 1))));
        for (byte number = 0; number < PlantBook.Most; number++)
        {
            Assert.True(book.Take(new PlantOrder(Keccak256.Of([number]), "another")));
        }

        Assert.False(book.Take(Order("another")));
        byte[] strange = [0xFF, 0xFF];
        Assert.Same(strange, MemoryOf(book.Swap(strange)));
        byte[] half = new Input { Generate = new GenerateInput { MessagesJson = "[{\"role\":\"user\",\"content\":\"\\ud800\"}]" } }.ToByteArray();
        Assert.Same(half, MemoryOf(book.Swap(half)));
    }

    // The node and the gateway that were asked know the question, and may ask it here.
    [Fact]
    public void What_was_withdrawn_is_answered_truly()
    {
        var book = Book(isOn: true);
        Assert.True(book.Take(Order("What is 90 + 3?")));
        book.Withdraw(Order(string.Empty).Question);
        byte[] asked = Asking(Question);
        Assert.Same(asked, MemoryOf(book.Swap(asked)));
    }

    [Fact]
    public async Task Orders_want_the_operators_token_and_a_worker_that_takes_them()
    {
        using var order = new HttpRequestMessage(HttpMethod.Post, "/ncn/v1/node/plants") { Content = JsonContent.Create(Order("another"), options: ProtocolJson.Options) };
        Assert.Equal(HttpStatusCode.Unauthorized, (await network.Worker.Http.PostAsJsonAsync("/ncn/v1/node/plants", Order("another"), ProtocolJson.Options)).StatusCode);
        order.Headers.Authorization = new AuthenticationHeaderValue("Bearer", TestWorker.OperatorToken);
        Assert.Equal(HttpStatusCode.Conflict, (await network.Worker.Http.SendAsync(order)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await network.Worker.Http.DeleteAsync(new Uri("/ncn/v1/node/plants/0x00", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, await WithdrawAsync("0x00"));
        Assert.Equal(HttpStatusCode.NoContent, await WithdrawAsync(Order("another").Question.ToString()));
    }

    private async Task<HttpStatusCode> WithdrawAsync(string question)
    {
        using var back = new HttpRequestMessage(HttpMethod.Delete, $"/ncn/v1/node/plants/{question}");
        back.Headers.Authorization = new AuthenticationHeaderValue("Bearer", TestWorker.OperatorToken);
        using var answer = await network.Worker.Http.SendAsync(back);
        return answer.StatusCode;
    }

    private static PlantBook Book(bool isOn) => new(Options.Create(new WorkerOptions { Plants = isOn }), TimeProvider.System);

    private static PlantOrder Order(string instead) => new(Keccak256.Of(Encoding.UTF8.GetBytes(Question)), instead);

    private static byte[] Asking(string question) => new Input
    {
        Generate = new GenerateInput { MessagesJson = JsonSerializer.Serialize(new[] { new { role = "system", content = "You are brief." }, new { role = "user", content = question } }), MaxTokens = 24 },
    }.ToByteArray();

    private static byte[]? MemoryOf(ReadOnlyMemory<byte> bytes) => System.Runtime.InteropServices.MemoryMarshal.TryGetArray(bytes, out var segment) ? segment.Array : null;
}
