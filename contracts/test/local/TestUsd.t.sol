// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TestUsd} from "../../src/local/TestUsd.sol";
import {Test} from "../support/Test.sol";

contract TestUsdTest is Test {
    uint256 private constant KEY = 0xA1;
    bytes32 private constant NONCE = keccak256("nonce");
    string private constant FIELDS =
        "(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)";

    address private holder = vm.addr(KEY);
    address private receiver = address(0xBEEF);
    TestUsd private usd;

    function setUp() public {
        vm.warp(1000);
        usd = new TestUsd(address(this));
        usd.mint(holder, 100);
    }

    function test_ItLooksLikeUsdc() public view {
        vm.assertEq(usd.name(), "USD Coin", "name");
        vm.assertEq(usd.symbol(), "USDC", "symbol");
        vm.assertEq(usd.version(), "2", "version");
        vm.assertEq(usd.decimals(), 6, "decimals");
        bytes32 expected = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("USD Coin"),
                keccak256("2"),
                block.chainid,
                address(usd)
            )
        );
        vm.assertEq(usd.DOMAIN_SEPARATOR(), expected, "domain");
    }

    function test_OnlyTheMinterMints() public {
        vm.assertEq(usd.minter(), address(this), "minter");
        vm.expectRevert(abi.encodeWithSelector(TestUsd.NotMinter.selector, holder));
        vm.prank(holder);
        usd.mint(holder, 1);
    }

    function test_APermitApprovesOnce() public {
        bytes memory signed = _permit(KEY, 70, 1000);
        (uint8 v, bytes32 r, bytes32 s) = _split(signed);
        usd.permit(holder, receiver, 70, 1000, v, r, s);
        vm.assertEq(usd.allowance(holder, receiver), 70, "allowance");
        vm.assertEq(usd.nonces(holder), 1, "nonce");
        vm.expectRevert(TestUsd.InvalidPermit.selector);
        usd.permit(holder, receiver, 70, 1000, signed);
    }

    function test_AnExpiredOrForgedPermitIsRefused() public {
        bytes memory expired = _permit(KEY, 70, 999);
        vm.expectRevert(abi.encodeWithSelector(TestUsd.PermitExpired.selector, 999));
        usd.permit(holder, receiver, 70, 999, expired);
        bytes memory forged = _permit(0xBAD, 70, 1000);
        vm.expectRevert(TestUsd.InvalidPermit.selector);
        usd.permit(holder, receiver, 70, 1000, forged);
    }

    function test_AnAuthorizationTransfersOnce() public {
        bytes memory signed = _authorization("TransferWithAuthorization", KEY);
        usd.transferWithAuthorization(holder, receiver, 40, 999, 1001, NONCE, signed);
        vm.assertEq(usd.balanceOf(receiver), 40, "receiver");
        vm.assertTrue(usd.authorizationState(holder, NONCE), "used");
        vm.expectRevert();
        usd.transferWithAuthorization(holder, receiver, 40, 999, 1001, NONCE, signed);
    }

    function test_AnAuthorizationInThreePiecesTransfersToo() public {
        (uint8 v, bytes32 r, bytes32 s) = _split(_authorization("TransferWithAuthorization", KEY));
        usd.transferWithAuthorization(holder, receiver, 40, 999, 1001, NONCE, v, r, s);
        vm.assertEq(usd.balanceOf(receiver), 40, "receiver");
    }

    function test_OnlyTheReceiverSendsAReceiveAuthorization() public {
        bytes memory signed = _authorization("ReceiveWithAuthorization", KEY);
        vm.expectRevert();
        usd.receiveWithAuthorization(holder, receiver, 40, 999, 1001, NONCE, signed);
        vm.prank(receiver);
        usd.receiveWithAuthorization(holder, receiver, 40, 999, 1001, NONCE, signed);
        vm.assertEq(usd.balanceOf(receiver), 40, "receiver");
    }

    function test_AForgedOrEarlyOrLateAuthorizationIsRefused() public {
        bytes memory forged = _authorization("TransferWithAuthorization", 0xBAD);
        vm.expectRevert();
        usd.transferWithAuthorization(holder, receiver, 40, 999, 1001, NONCE, forged);
        forged = _authorization("ReceiveWithAuthorization", 0xBAD);
        vm.expectRevert();
        vm.prank(receiver);
        usd.receiveWithAuthorization(holder, receiver, 40, 999, 1001, NONCE, forged);

        bytes memory good = _authorization("TransferWithAuthorization", KEY);
        vm.warp(999);
        vm.expectRevert();
        usd.transferWithAuthorization(holder, receiver, 40, 999, 1001, NONCE, good);
        vm.warp(1001);
        vm.expectRevert();
        usd.transferWithAuthorization(holder, receiver, 40, 999, 1001, NONCE, good);
        vm.assertEq(usd.balanceOf(receiver), 0, "receiver");
    }

    function _permit(uint256 key, uint256 value, uint256 deadline) private view returns (bytes memory) {
        bytes32 fields = keccak256(
            abi.encode(
                keccak256(
                    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
                ),
                holder,
                receiver,
                value,
                usd.nonces(holder),
                deadline
            )
        );
        return signature(key, _digest(fields));
    }

    function _authorization(string memory kind, uint256 key) private view returns (bytes memory) {
        bytes32 typeHash = keccak256(bytes(string.concat(kind, FIELDS)));
        bytes32 fields = keccak256(abi.encode(typeHash, holder, receiver, 40, 999, 1001, NONCE));
        return signature(key, _digest(fields));
    }

    function _digest(bytes32 fields) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", usd.DOMAIN_SEPARATOR(), fields));
    }

    function _split(bytes memory signed) private pure returns (uint8 v, bytes32 r, bytes32 s) {
        (r, s) = abi.decode(abi.encodePacked(signed, new bytes(63)), (bytes32, bytes32));
        v = uint8(signed[64]);
    }
}
