// Made by config/setup/lists.sh; edit that, not this.

/// Hosts by what they are: kind, name and hosts, with tabs between; `*` for any country's domain.
///
/// - Source: Matomo's searchengine-and-social-list (CC0).
enum SourceList {
    static let version = "searchengine-and-social-list 3b3a82dc83cd"

    static let text = #"""
        search	1.cz	1.cz
        search	118 700	118700.se foretag.118700.se webben.118700.se
        search	123people	123people.com 123people.*
        search	360search	so.360.cn so.com m.so.com sou.com
        search	Abacho	abacho.de abacho.com abacho.co.uk se.abacho.com tr.abacho.com abacho.at abacho.fr abacho.es abacho.ch abacho.it
        search	ABCsøk	abcsok.no verden.abcsok.no
        search	Acoon	acoon.de
        search	Aguea	chercherfr.aguea.com
        search	Allaverksamheter	allaverksamheter.se
        search	Alexa	alexa.com search.toolbars.alexa.com
        search	Alice Adsl	rechercher.aliceadsl.fr
        search	All.by	all.by
        search	Allesklar	allesklar.de allesklar.at allesklar.ch
        search	AllTheInternet	alltheinternet.com
        search	AllTheWeb	alltheweb.com
        search	AlohaFind	alohafind.com
        search	AltaVista	altavista.com search.altavista.com listings.altavista.com altavista.de altavista.fr be-nl.altavista.com be-fr.altavista.com
        search	AOL	search.aol.com search.aol.it aolsearch.aol.com aolrecherche.aol.fr aolrecherches.aol.fr aolimages.aol.fr aim.search.aol.com recherche.aol.fr find.web.aol.com recherche.aol.ca aolsearch.aol.co.uk search.aol.co.uk sucheaol.aol.de suche.aol.de o2suche.aol.de suche.aolsvc.de aolbusqueda.aol.com.mx alicesuche.aol.de alicesuchet.aol.de suchet2.aol.de search.hp.my.aol.com.au search.hp.my.aol.de search.hp.my.aol.it search-intl.netscape.com de.aolsearch.com
        search	Apollo7	apollo7.de
        search	Aport	sm.aport.ru
        search	Arama	arama.com
        search	Arcor	arcor.de
        search	Arianna	arianna.libero.it arianna.com
        search	Ask	ask.com web.ask.com int.ask.com mws.ask.com images.ask.com ask.reference.com askkids.com iwon.ask.com ask.co.uk qbyrd.com search-results.com www1.search-results.com int.search-results.com search.ask.com avira-int.ask.com searchqu.com search.tb.ask.com nortonsafe.search.ask.com avira.search.ask.com int.search.tb.ask.com
        search	Atlas	searchatlas.centrum.cz
        search	auone	search.auone.jp sp-search.auone.jp sp-web.search.auone.jp
        search	auone Images	sp-image.search.auone.jp
        search	Austronaut	www2.austronaut.at www1.austronaut.at
        search	Babylon	search.babylon.com searchassist.babylon.com
        search	Baidu	baidu.com www1.baidu.com m.baidu.com baidu.co.th zhidao.baidu.com tieba.baidu.com news.baidu.com
        search	Biglobe	cgi.search.biglobe.ne.jp
        search	Biglobe Images	images.search.biglobe.ne.jp
        search	Bing	bing.com global.bing.com msnbc.msn.com dizionario.it.msn.com enciclopedia.it.msn.com cc.bingj.com
        search	blekko	blekko.com
        search	Blogdigger	blogdigger.com
        search	Blogpulse	blogpulse.com
        search	Bluewin	search.bluewin.ch
        search	Brave	search.brave.com
        search	Canoe.ca	web.canoe.ca
        search	Centrum	search.centrum.cz morfeo.centrum.cz
        search	Charter	charter.net
        search	Claro Search	claro-search.com
        search	ChatGPT	chat.openai.com chatgpt.com
        search	Clix	pesquisa.clix.pt
        search	Cốc Cốc	coccoc.com
        search	Comcast	search.comcast.net
        search	Compuserve.com (Enhanced by Google)	websearch.cs.com
        search	Conduit.com	search.conduit.com images.search.conduit.com
        search	Crawler	crawler.com
        search	Cuil	cuil.com
        search	Daemon search	daemon-search.com my.daemon-search.com
        search	DasOertliche	dasoertliche.de www2.dasoertliche.de
        search	DasTelefonbuch	www1.dastelefonbuch.de
        search	Daum	search.daum.net
        search	Delfi EE	otsing.delfi.ee
        search	Delfi lv	smart.delfi.lv
        search	Digg	digg.com
        search	dir.com	fr.dir.com
        search	DisconnectSearch	search.disconnect.me
        search	dmoz	dmoz.org editors.dmoz.org
        search	DuckDuckGo	duckduckgo.com r.duckduckgo.com duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion
        search	Earthlink	search.earthlink.net
        search	Ecosia	ecosia.org
        search	El Mundo	ariadna.elmundo.es
        search	Eniro	eniro.se
        search	Entireweb	entireweb.com
        search	eo	eo.st
        search	EpicSearch.in	epicsearch.in
        search	Eurip	eurip.com
        search	Euroseek	euroseek.com
        search	Everyclick	everyclick.com
        search	Exalead	exalead.fr exalead.com
        search	Excite	search.excite.it search.excite.fr search.excite.de search.excite.co.uk search.excite.es search.excite.nl msxml.excite.com excite.co.jp
        search	Facebook	facebook.com
        search	Fast Browser Search	fastbrowsersearch.com
        search	Findhurtig	findhurtig.dk
        search	Fireball	fireball.de fireball.com
        search	Firstsfind	firstsfind.com
        search	Fixsuche	fixsuche.de
        search	Flix.de	flix.de
        search	Fooooo	search.fooooo.com
        search	Forestle	forestle.org forestle.mobi
        search	Francite	recherche.francite.com
        search	Free	search.free.fr search1-2.free.fr search1-1.free.fr
        search	FreeCause	search.freecause.com
        search	Freenet	suche.freenet.de
        search	Freespoke	freespoke.com
        search	FriendFeed	friendfeed.com
        search	Frontier	search.frontier.com
        search	GAIS	gais.cs.ccu.edu.tw
        search	Genieo	search.genieo.com
        search	Geona	geona.net
        search	Gibiru	gibiru.com
        search	Gigablast	gigablast.com
        search	Gigablast (Directory)	dir.gigablast.com
        search	Gnadenmeer	gnadenmeer.de
        search	Gomeo	gomeo.com
        search	goo	search.goo.ne.jp ocnsearch.goo.ne.jp
        search	Google	google.com google.* encrypted.google.com www2.google.com ipv6.google.com go.google.com wwwgoogle.com wwwgoogle.* gogole.com gogole.* gppgle.com gppgle.* googel.com googel.* search.avg.com isearch.avg.com com.google.android.googlequicksearchbox search.chedot.com cnn.com darkoogle.com search.darkoogle.com search.foxtab.com gooofullsearch.com search.hiyo.com search.incredimail.com search1.incredimail.com search2.incredimail.com search3.incredimail.com search4.incredimail.com search.sweetim.com fastweb.it search.juno.com search.zum.com find.tdc.dk it.luna.tv searchresults.verizon.com search.walla.co.il search.alot.com suche.gmx.net search.gmx.com search.incredibar.com delta-search.com www1.delta-search.com search.1und1.de suche.1und1.de search.zonealarm.com start.lenovo.com wow.com search.leonardo.it optuszoo.com.au search.dolphin-browser.jp netlavis.azione.jp search.nan.so cgi2.nintendo.co.jp search.smt.docomo.ne.jp image.search.smt.docomo.ne.jp gfsoso.com searches.safehomepage.com searches.f-secure.com search.f-secure.com webcache.googleusercontent.com monumentbrowser.com search.bt.com startab.me search.abv.bg search.xfinity.com kadaza.com
        search	Google Blogsearch	blogsearch.google.com blogsearch.google.*
        search	Google Custom Search	cse.google.com cse.google.*
        search	Google Images	images.google.com images.google.*
        search	Google Maps	maps.google.com maps.google.*
        search	Google News	news.google.com news.google.*
        search	Google Scholar	scholar.google.com scholar.google.*
        search	Google syndicated search	googlesyndicatedsearch.com
        search	Google Translations	translate.google.com
        search	Google Video	video.google.com
        search	GoYellow.de	goyellow.de
        search	Gule Sider	gulesider.no
        search	Haosou	haosou.com
        search	HighBeam	highbeam.com
        search	Hit-Parade	req.hit-parade.com class.hit-parade.com hit-parade.com
        search	Holmes	holmes.ge
        search	Hooseek	hooseek.com
        search	Hotbot	hotbot.com
        search	I-play	start.iplay.com
        search	Icerocket	blogs.icerocket.com
        search	ICQ	icq.com search.icq.com
        search	Ilse NL	ilse.nl
        search	iMesh	search.imesh.com
        search	Inbox	www2.inbox.com
        search	info.com	info.com
        search	InfoSpace	infospace.com dogpile.com tattoodle.com metacrawler.com webfetch.com webcrawler.com search.kiwee.com searches.vi-view.com search.webssearches.com search.fbdownloader.com searches3.globososo.com wsdsold.infospace.com search.avast.com isearch.babylon.com start.facemoods.com start.funmoods.com search.magentic.com search.searchcompletion.com searchmobileonline.com isearch.glarysoft.com search.chatzum.com home.speedbit.com search.b1.org searchya.com search.handycafe.com search.v9.com search.iminent.com utorrent.inspsearch.com govome.inspsearch.com
        search	Interia	google.interia.pl
        search	Isodelen	isodelen.se
        search	IxQuick	ixquick.com eu.ixquick.com ixquick.de us.ixquick.com s1.us.ixquick.com s2.us.ixquick.com s3.us.ixquick.com s4.us.ixquick.com s5.us.ixquick.com s8-eu.ixquick.com s1-eu.ixquick.de s2-eu4.ixquick.com s5-eu4.ixquick.com
        search	Jungle Key	junglekey.com junglekey.fr
        search	Jungle Spider	jungle-spider.de
        search	Junior Safe Search	juniorsafesearch.com
        search	Jyxo	jyxo.1188.cz
        search	K9 Safe Search	k9safesearch.com
        search	Kagi	kagi.com
        search	KARMA	karmasearch.org
        search	Kataweb	kataweb.it
        search	Kensaq	kensaq.com
        search	Kvasir	kvasir.no
        search	La Toile Du Québec (Google)	toile.com web.toile.com
        search	Laban	laban.vn
        search	Latne	latne.lv
        search	Lilo	search.lilo.org
        search	Lo.st	lo.st
        search	Local Moxie	localmoxie.com
        search	LookAny	lookany.com
        search	Lookseek	search.lookseek.com
        search	Looksmart	looksmart.com
        search	Lycos	search.lycos.com lycos.*
        search	maailm.com	maailm.com
        search	Mailru	go.mail.ru
        search	Mamma	mamma.com mamma75.mamma.com
        search	Meinestadt.de	meinestadt.de
        search	Meta.ua	meta.ua
        search	MetaCrawler DE	s1.metacrawler.de s2.metacrawler.de s3.metacrawler.de
        search	Metager	meta.rrzn.uni-hannover.de metager.de
        search	Metager2	metager2.de
        search	Mister Wong	mister-wong.com mister-wong.de
        search	Mojeek	mojeek.com
        search	Monstercrawler	monstercrawler.com
        search	mozbot	mozbot.fr mozbot.co.uk mozbot.com
        search	MyPrivateSearch	myprivatesearch.com
        search	MySpace	searchservice.myspace.com
        search	MyWebSearch	mysearch.com ms114.mysearch.com ms146.mysearch.com kf.mysearch.myway.com ki.mysearch.myway.com search.myway.com search.mywebsearch.com
        search	Najdi.si	najdi.si
        search	Nate	search.nate.com
        search	Naver	search.naver.com
        search	Needtofind	ko.search.need2find.com
        search	Neti	neti.ee
        search	Nifty	search.nifty.com search.azby.fmworld.net
        search	Nifty Videos	videosearch.nifty.com
        search	Nigma	nigma.ru
        search	OceanHero	oceanhero.today
        search	Onet.pl	szukaj.onet.pl
        search	Online.no	online.no
        search	OnlySearch	only-search.com
        search	Opplysningen 1881	1881.no
        search	Orange	busca.orange.es lemoteur.ke.voila.fr lemoteur.orange.fr
        search	Paperball	paperball.de
        search	PeopleCheck	extern.peoplecheck.de
        search	PeoplePC	search.peoplepc.com
        search	Perplexity	perplexity.ai
        search	Picsearch	picsearch.com
        search	Plazoo	plazoo.com
        search	PlusNetwork	plusnetwork.com
        search	Poisk.Ru	poisk.ru
        search	Presearch	presearch.com
        search	PrivacyWall	privacywall.org
        search	qip.ru	search.qip.ru
        search	Qualigo	qualigo.at qualigo.ch qualigo.de qualigo.nl
        search	Quendu	quendu.com
        search	Qwant	qwant.com lite.qwant.com
        search	Rakuten	websearch.rakuten.co.jp
        search	Rambler	nova.rambler.ru
        search	Riksdelen	riksdelen.se
        search	Road Runner	search.rr.com
        search	rpmfind	rpmfind.net fr2.rpmfind.net
        search	Sapo	pesquisa.sapo.pt
        search	Scour.com	scour.com
        search	Search.ch	search.ch
        search	Search.com	search.com
        search	Searchalot	searchalot.com
        search	SearchCanvas	searchcanvas.com
        search	SearchLock	searchlock.com results.searchlock.com
        search	Searchy	searchy.co.uk
        search	SeeSaa	search.seesaa.jp
        search	Setooz	bg.setooz.com da.setooz.com el.setooz.com fa.setooz.com ur.setooz.com
        search	Seznam	search.seznam.cz
        search	Seznam Videa	videa.seznam.cz
        search	Sharelook	sharelook.fr
        search	Skynet	skynet.be
        search	sm.cn	m.sm.cn so.m.sm.cn m.sp.sm.cn yz.m.sm.cn quark.sm.cn
        search	sm.de	sm.de
        search	SmartAddressbar	search.smartaddressbar.com
        search	SmartShopping	search.smartshopping.com
        search	Snap.do	search.snap.do
        search	So-net	so-net.ne.jp
        search	So-net Videos	video.so-net.ne.jp
        search	Softonic	search.softonic.com
        search	Sogou	sogou.com m.sogou.com wap.sogou.com english.sogou.com
        search	Soso	soso.com
        search	Sputnik	sputnik.ru
        search	StartPage	startpage.com classic.startpage.com eu.startpage.com s6-eu5.ixquick.com s2-eu4.startpage.com s6-eu4.startpage.com s7-eu4.startpage.com s1-eu5.startpage.com s2-eu5.startpage.com s4-eu5.startpage.com s5-eu5.startpage.com s6-eu5.startpage.com s7-eu5.startpage.com s8-eu5.startpage.com s10-eu5.startpage.com s11-eu5.startpage.com s12-eu5.startpage.com s13-eu5.startpage.com s14-eu5.startpage.com startpagel6srwcjlue4zgq3zevrujfaow726kjytqbbjyrswwmjzcqd.onion
        search	Startpagina (Google)	startgoogle.startpagina.nl
        search	Startsiden	startsiden.no
        search	Stract	stract.com
        search	Suche.info	suche.info
        search	Suchmaschine.com	suchmaschine.com
        search	Suchnase	suchnase.de
        search	Surf Canyon	surfcanyon.com
        search	Swiggle	swiggle.org.uk
        search	Swisscows	swisscows.com
        search	T-Online	suche.t-online.de brisbane.t-online.de navigationshilfe.t-online.de
        search	talimba	talimba.com
        search	TalkTalk	talktalk.co.uk
        search	Tarmot	tarmot.com
        search	Technorati	technorati.com
        search	Teoma	teoma.com
        search	Terra	buscador.terra.es buscador.terra.cl buscador.terra.com.br
        search	Tiscali	search.tiscali.it search-dyn.tiscali.it hledani.tiscali.cz
        search	Tixuma	tixuma.de
        search	Toolbarhome	toolbarhome.com vshare.toolbarhome.com
        search	Toppreise.ch	toppreise.ch fr.toppreise.ch de.toppreise.ch en.toppreise.ch
        search	Torry	torry.io
        search	TUSK Search	tusksearch.com
        search	Trouvez.com	trouvez.com
        search	TrovaRapido	trovarapido.com
        search	Trusted Search	trusted-search.com
        search	Trustnav	search.trustnav.com
        search	Twingly	twingly.com
        search	uol.com.br	busca.uol.com.br
        search	URL.ORGanzier	url.org
        search	Vinden	vinden.nl
        search	Vindex	vindex.nl search.vindex.nl
        search	Virgilio	ricerca.virgilio.it ricercaimmagini.virgilio.it ricercavideo.virgilio.it ricercanews.virgilio.it mobile.virgilio.it
        search	Voila	search.ke.voila.fr lemoteur.fr
        search	Volny	web.volny.cz
        search	Vuhuv	vuhuv.com
        search	Walhello	walhello.info walhello.com walhello.de walhello.nl
        search	Web.de	suche.web.de m.suche.web.de
        search	Web.nl	web.nl
        search	weborama	weborama.fr
        search	WebSearch	websearch.com
        search	Wedoo	fr.wedoo.com en.wedoo.com es.wedoo.com
        search	Winamp	search.winamp.com
        search	Wirtualna Polska	szukaj.wp.pl
        search	Witch	witch.de
        search	Woopie	woopie.jp
        search	www värav	search.www.ee
        search	X-Recherche	x-recherche.com
        search	Yahoo!	search.yahoo.com malaysia.search.yahoo.com cade.yahoo.com espanol.search.yahoo.com qc.search.yahoo.com one.cn.yahoo.com r.search.yahoo.com cercato.it search.offerbox.com benefind.de ys.mirostart.com
        search	Yahoo! Images	images.search.yahoo.com cade.images.yahoo.com espanol.images.yahoo.com qc.images.yahoo.com
        search	Yahoo! Japan	search.yahoo.co.jp jp.hao123.com home.kingsoft.jp jwsearch.jword.jp
        search	Yahoo! Japan Images	image.search.yahoo.co.jp
        search	Yahoo! Japan Videos	video.search.yahoo.co.jp
        search	Yam	search.yam.com
        search	Yandex	yandex.ru yandex.com yandex.* clck.yandex.* m.yandex.* ya.ru yabs.yandex.*
        search	Yandex Images	images.yandex.ru images.yandex.com images.yandex.*
        search	Yasni	yasni.de yasni.com yasni.co.uk yasni.ch yasni.at
        search	Yatedo	yatedo.com yatedo.fr
        search	Yellowmap	yellowmap.de
        search	Yep	yep.com
        search	Yippy	search.yippy.com
        search	Yongzin	yongzin.com
        search	You	you.com
        search	YouGoo	yougoo.fr
        search	ZapMeta	zapmeta.com zapmeta.* zapmetasearch.*
        search	Zhongsou	p.zhongsou.com
        search	Zoek	www3.zoek.nl
        search	Zoeken	zoeken.nl
        search	Zoohoo	zoohoo.cz
        search	Zoznam	zoznam.sk
        search	Zxuso	zxuso.com
        search	묻지마 검색	kwzf.net
        social	Badoo	badoo.com
        social	Bebo	bebo.com
        social	bilibili	bilibili.com
        social	BlackPlanet	blackplanet.com
        social	Bluesky	bsky.app skyfeed.app
        social	Buzznet	buzznet.com
        social	Classmates.com	classmates.com
        social	Cyworld	global.cyworld.com
        social	Discord	discord.com discord.gg discordapp.com
        social	Douyin	douyin.com
        social	Douyu	douyu.com
        social	Gaia Online	gaiaonline.com
        social	Geni.com	geni.com
        social	GitHub	github.com
        social	Google%2B	plus.google.com url.google.com com.google.android.apps.plus
        social	Douban	douban.com
        social	Dribbble	dribbble.com
        social	Facebook	facebook.com fb.me m.facebook.com l.facebook.com
        social	Fetlife	fetlife.com
        social	Flickr	flickr.com
        social	Flixster	flixster.com
        social	Fotolog	fotolog.com
        social	Foursquare	foursquare.com
        social	Friends Reunited	friendsreunited.com
        social	Friendster	friendster.com
        social	gree	gree.jp
        social	Haboo	habbo.com
        social	Hacker News	news.ycombinator.com
        social	hi5	hi5.com
        social	Huya	huya.com
        social	Hyves	hyves.nl
        social	identi.ca	identi.ca
        social	Instagram	instagram.com l.instagram.com
        social	lang-8	lang-8.com
        social	Last.fm	last.fm lastfm.ru lastfm.de lastfm.es lastfm.fr lastfm.it lastfm.jp lastfm.pl lastfm.com.br lastfm.se lastfm.com.tr
        social	LinkedIn	linkedin.com lnkd.in linkedin.android
        social	LiveJournal	livejournal.ru livejournal.com
        social	Mastodon	mastodon.social mastodon.cloud mastodon.technology mastodon.xyz mastodon.at mastodon.art mamot.fr pawoo.net mstdn.io mstdn.jp friends.nico ro-mastodon.puyo.jp quey.org botsin.space social.tchncs.de knzk.me mastodont.cat bitcoinhackers.org fosstodon.org chaos.social cybre.space vis.social typo.social front-end.social hachyderm.io mastodon.online newsie.social mstdn.social indieweb.social sfba.social mas.to mstdn.party c.im mastodonapp.uk universeodon.com social.vivaldi.net ohai.social toot.community masto.ai mastodon.scot mastodon.world mastodon.nz graphics.social org.joinmastodon.android mastodon.eus mastodon.jalgi.eus tkm.eus
        social	MeinVZ	meinvz.net
        social	MissEvan	missevan.com
        social	Mixi	mixi.jp
        social	MoiKrug.ru	moikrug.ru
        social	Multiply	multiply.com
        social	my.mail.ru	my.mail.ru
        social	MyHeritage	myheritage.com
        social	MyLife	mylife.ru
        social	Myspace	myspace.com
        social	myYearbook	myyearbook.com
        social	Nasza-klasa.pl	nk.pl
        social	Netlog	netlog.com
        social	Niconico	nicovideo.jp
        social	Odnoklassniki	odnoklassniki.ru
        social	Orkut	orkut.com
        social	Ozone	qzone.qq.com
        social	Peepeth	peepeth.com
        social	Pinterest	pinterest.com pinterest.ca pinterest.ch pinterest.co.uk pinterest.com.au pinterest.de pinterest.dk pinterest.es pinterest.fr pinterest.ie pinterest.info pinterest.jp pinterest.nz pinterest.pt pinterest.se at.pinterest.com ch.pinterest.com cl.pinterest.com co.pinterest.com dk.pinterest.com es.pinterest.com hu.pinterest.com id.pinterest.com ie.pinterest.com in.pinterest.com it.pinterest.com kr.pinterest.com mx.pinterest.com nl.pinterest.com nz.pinterest.com ph.pinterest.com pt.pinterest.com ru.pinterest.com se.pinterest.com
        social	Pixelfed	pixelfed.social pixelfed.de pxlmo.com metapixl.com pix.toot.wales pixelfed.uno pixey.org
        social	Plaxo	plaxo.com
        social	reddit	reddit.com np.reddit.com pay.reddit.com com.reddit.frontpage
        social	Renren	renren.com
        social	Skyrock	skyrock.com
        social	Snapchat	snapchat.com com.snapchat.android
        social	Sonico.com	sonico.com
        social	SoundCloud	soundcloud.com gate.sc
        social	StackOverflow	stackoverflow.com
        social	StudiVZ	studivz.net
        social	Tagged	login.tagged.com
        social	Taringa!	taringa.net
        social	Telegram	web.telegram.org org.telegram.messenger
        social	Threads	threads.net l.threads.net threads.com l.threads.com
        social	TikTok	tiktok.com
        social	Tuenti	tuenti.com
        social	tumblr	tumblr.com t.umblr.com
        social	Twitcast	twitcasting.tv
        social	Twitter	twitter.com t.co x.com
        social	Sourceforge	sourceforge.net
        social	StumbleUpon	stumbleupon.com
        social	Vkontakte	vk.com vkontakte.ru
        social	YouTube	youtube.com youtu.be
        social	V2EX	v2ex.com
        social	Viadeo	viadeo.com
        social	Vimeo	vimeo.com
        social	vkrugudruzei.ru	vkrugudruzei.ru
        social	WAYN	wayn.com
        social	WeChat	wechat.com mp.weixin.qq.com open.weixin.qq.com channels.weixin.qq.com
        social	Weibo	weibo.com t.cn
        social	WeeWorld	weeworld.com
        social	Windows Live Spaces	login.live.com
        social	Workplace	workplace.com l.workplace.com lm.workplace.com
        social	Xanga	xanga.com
        social	XING	xing.com
        assistant	Baidu AI	yiyan.baidu.com ai.baidu.com
        assistant	Chat+	chatplus.com chat-gpt.org
        assistant	ChatGPT	chatgpt.com chat.openai.com labs.openai.com
        assistant	Claude	claude.ai
        assistant	Copilot	copilot.microsoft.com
        assistant	ChatGLM	chatglm.cn
        assistant	Deepseek	chat.deepseek.com
        assistant	Duck.ai	duck.ai
        assistant	Gemini	gemini.google.com bard.google.com
        assistant	Grok	grok.com
        assistant	iAsk	iask.ai
        assistant	Jasper	app.jasper.ai
        assistant	Le Chat	chat.mistral.ai
        assistant	Meta AI	meta.ai
        assistant	NotebookLM	notebooklm.google.com
        assistant	Perplexity	perplexity.ai
        assistant	Qwen	chat.qwen.ai
        assistant	Writesonic	app.writesonic.com
        assistant	You	you.com
        """#
}
