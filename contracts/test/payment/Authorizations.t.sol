// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TestUsd} from "../../src/local/TestUsd.sol";
import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {Authorizations} from "../../src/payment/TransferAuthorization.sol";
import {OnePieceToken, SilentToken, StandardAuthorizationToken} from "../support/AuthorizationTokens.sol";
import {FalseToken} from "../support/HostileTokens.sol";
import {PaymentTest} from "../support/PaymentTest.sol";
import {SignatureOracle} from "../support/SignatureOracle.sol";

/// @notice Tokens that come in by signature: EIP-3009 into the balance, EIP-2612 before a deposit.
contract AuthorizationsTest is PaymentTest {
    bytes32 private constant RECEIVE_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant NONCE = keccak256("nonce");
    uint256 private constant UNTIL = START + 1 hours;

    function setUp() public override {
        super.setUp();
        vm.prank(payer);
        usd.approve(address(payment), 0);
    }

    function test_AnyoneRelaysIntoThePayersBalance() public {
        bytes memory signed = signature(PAYER_KEY, _digest(usd.DOMAIN_SEPARATOR(), payer, 700));
        vm.expectEmit(address(payment));
        emit IInferencePayment.BalanceDeposited(payer, address(usd), 700, 700);
        vm.prank(stranger);
        _depositBalance(payer, address(usd), 700, signed);
        vm.assertEq(payment.balances(payer, address(usd)), 700, "payer's balance");
        vm.assertEq(payment.balances(stranger, address(usd)), 0, "relay's balance");
        vm.assertEq(usd.balanceOf(address(payment)), 700, "held");

        vm.expectRevert();
        _depositBalance(payer, address(usd), 700, signed);
    }

    function test_NothingOfItCanBeChanged() public {
        bytes memory signed = signature(PAYER_KEY, _digest(usd.DOMAIN_SEPARATOR(), payer, 700));
        vm.expectRevert();
        _depositBalance(payer, address(usd), 701, signed);
        vm.expectRevert();
        _depositBalance(stranger, address(usd), 700, signed);
        vm.expectRevert(IInferencePayment.ZeroAmount.selector);
        _depositBalance(payer, address(usd), 0, signed);
        vm.warp(UNTIL);
        vm.expectRevert();
        _depositBalance(payer, address(usd), 700, signed);
        vm.assertEq(payment.balances(payer, address(usd)), 0, "balance");
    }

    function test_ATokenOfTheStandardIsAskedInThreeParts() public {
        StandardAuthorizationToken token = new StandardAuthorizationToken();
        token.mint(payer, 700);
        bytes memory signed = signature(PAYER_KEY, _digest(token.DOMAIN_SEPARATOR(), payer, 700));
        _depositBalance(payer, address(token), 700, signed);
        vm.assertEq(payment.balances(payer, address(token)), 700, "balance");
    }

    function test_ATokensReasonIsPassedOn() public {
        StandardAuthorizationToken token = new StandardAuthorizationToken();
        bytes memory signed = signature(STRANGER_KEY, _digest(token.DOMAIN_SEPARATOR(), payer, 700));
        vm.expectRevert(bytes4(keccak256("ERC3009InvalidSignature()")));
        _depositBalance(payer, address(token), 700, signed);
        vm.expectRevert(bytes4(keccak256("ERC3009InvalidSignature()")));
        _depositBalance(payer, address(usd), 700, signed);
    }

    function test_ATokenThatGaveAReasonIsNotAskedAgain() public {
        OnePieceToken token = new OnePieceToken();
        vm.expectRevert(OnePieceToken.Frozen.selector);
        _depositBalance(payer, address(token), 700, new bytes(65));
    }

    /// What follows the 65 bytes would be ignored in three parts.
    function test_ThreePartsAreMadeOfAWholeSignatureOnly() public {
        StandardAuthorizationToken token = new StandardAuthorizationToken();
        token.mint(payer, 700);
        bytes memory signed = signature(PAYER_KEY, _digest(token.DOMAIN_SEPARATOR(), payer, 700));
        vm.expectRevert(abi.encodeWithSelector(Authorizations.AuthorizationRefused.selector, address(token)));
        _depositBalance(payer, address(token), 700, bytes.concat(signed, new bytes(1)));
    }

    function test_ATokenWithoutEip3009IsNamed() public {
        address token = address(new FalseToken());
        bytes memory refusal = abi.encodeWithSelector(Authorizations.AuthorizationRefused.selector, token);
        vm.expectRevert(refusal);
        _depositBalance(payer, token, 700, new bytes(65));
        vm.expectRevert(refusal);
        _depositBalance(payer, token, 700, new bytes(64));
    }

    function test_ATokenThatMovesNothingCreditsNothing() public {
        SilentToken token = new SilentToken();
        vm.expectRevert(
            abi.encodeWithSelector(IInferencePayment.TransferNotExact.selector, address(token), 700, 0)
        );
        _depositBalance(payer, address(token), 700, new bytes(65));
    }

    function test_ASmartAccountMayPay() public {
        SignatureOracle account = new SignatureOracle();
        usd.mint(address(account), 700);
        vm.expectRevert();
        _depositBalance(address(account), address(usd), 700, "");
        account.approve(_digest(usd.DOMAIN_SEPARATOR(), address(account), 700));
        _depositBalance(address(account), address(usd), 700, "");
        vm.assertEq(payment.balances(address(account), address(usd)), 700, "balance");
    }

    function test_PermitAndDepositInOneTransaction() public {
        bytes[] memory calls = new bytes[](2);
        calls[0] = _permitCall(PAYER_KEY, 700);
        calls[1] = abi.encodeCall(payment.deposit, (config, 700, address(0), ""));
        vm.prank(payer);
        payment.multicall(calls);
        vm.assertEq(escrowOf(channelId), 700, "escrow");
        vm.assertEq(usd.allowance(payer, address(payment)), 0, "allowance");
    }

    function test_APermitThatSomebodySentBeforeIsNoError() public {
        bytes[] memory calls = new bytes[](2);
        calls[0] = _permitCall(PAYER_KEY, 700);
        calls[1] = abi.encodeCall(payment.deposit, (config, 700, address(0), ""));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, _permitDigest(700, 0));
        usd.permit(payer, address(payment), 700, UNTIL, v, r, s);
        vm.prank(payer);
        payment.multicall(calls);
        vm.assertEq(escrowOf(channelId), 700, "escrow");
    }

    function test_ARefusedPermitWithoutAllowanceSaysWhy() public {
        bytes memory forged = _permitCall(STRANGER_KEY, 700);
        vm.prank(payer);
        usd.approve(address(payment), 699);
        vm.prank(payer);
        (bool succeeded, bytes memory answer) = address(payment).call(forged);
        vm.assertFalse(succeeded, "refused");
        vm.assertEq(bytes32(bytes4(answer)), bytes32(TestUsd.InvalidPermit.selector), "reason");
        vm.prank(payer);
        usd.approve(address(payment), 700);
        vm.prank(payer);
        (succeeded,) = address(payment).call(forged);
        vm.assertTrue(succeeded, "the allowance suffices");
    }

    function test_APermitIsTheCallersOnly() public {
        bytes memory call = _permitCall(PAYER_KEY, 700);
        vm.prank(stranger);
        (bool succeeded,) = address(payment).call(call);
        vm.assertFalse(succeeded, "refused");
    }

    function _depositBalance(address from, address token, uint128 amount, bytes memory signed) private {
        payment.depositBalanceWithAuthorization(from, token, amount, START - 1, UNTIL, NONCE, signed);
    }

    function _digest(bytes32 domain, address from, uint256 amount) private view returns (bytes32) {
        bytes32 fields =
            keccak256(abi.encode(RECEIVE_TYPEHASH, from, address(payment), amount, START - 1, UNTIL, NONCE));
        return keccak256(abi.encodePacked(hex"1901", domain, fields));
    }

    function _permitCall(uint256 key, uint256 amount) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _permitDigest(amount, 0));
        return abi.encodeCall(payment.permit, (address(usd), amount, UNTIL, v, r, s));
    }

    function _permitDigest(uint256 amount, uint256 nonce) private view returns (bytes32) {
        bytes32 fields = keccak256(abi.encode(PERMIT_TYPEHASH, payer, address(payment), amount, nonce, UNTIL));
        return keccak256(abi.encodePacked(hex"1901", usd.DOMAIN_SEPARATOR(), fields));
    }
}
